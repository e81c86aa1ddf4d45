// An instance of a service in Java: svcdns register specServer --port 9001 -- java Provider.java 9001
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

class Provider {
    public static void main(String[] args) throws Exception {
        var server = HttpServer.create(new InetSocketAddress(Integer.parseInt(args[0])), 0);
        server.createContext("/", exchange -> {
            var hello = "hello from Java\n".getBytes();
            exchange.sendResponseHeaders(200, hello.length);
            exchange.getResponseBody().write(hello);
            exchange.close();
        });
        server.start();
        // SIGTERM comes when nobody asks for it any more. What is being answered has two seconds to end.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(2)));
    }
}
