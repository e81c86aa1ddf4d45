// An instance of a service in Go: svcdns register specServer --port 9001 -- ./provider 9001
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	stop, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	hello := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello from Go") }
	server := &http.Server{Addr: ":" + os.Args[1], Handler: http.HandlerFunc(hello)}
	go server.ListenAndServe()
	<-stop.Done() // Comes when nobody asks for it any more. What is being answered is answered to its end.
	server.Shutdown(context.Background())
}
