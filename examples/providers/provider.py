# An instance of a service in Python. `svcdns register` around it says when it is there and when it leaves:
#   svcdns register specServer --port 9001 -- python3 provider.py 9001
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello from Python\n")


server = ThreadingHTTPServer(("", int(sys.argv[1])), Handler)
# Comes when nobody asks for it any more. What is being answered is answered to its end.
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
