// Package loopback finds ports for servers whose address must be known before they start.
package loopback

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
)

// Ports lie below those that the kernel gives to outgoing connections and to servers that
// ask for any: between a look and the start no such one takes it, and a server that was
// stopped gets its own back. Processes that look here at the same time begin at different
// ports.
const firstPort, lastPort = 20_000, 32_000

// Where a process looks first, and how many ports it has looked at since.
var (
	beginning = rand.IntN(lastPort - firstPort)
	looked    atomic.Int64
)

// Ports returns n ports that nobody listens on and that it has not given before.
func Ports(n int) ([]int, error) {
	var out []int
	for range lastPort - firstPort {
		if len(out) == n {
			return out, nil
		}
		port := firstPort + (beginning+int(looked.Add(1)))%(lastPort-firstPort)
		ln, err := net.Listen("tcp", address(port))
		if err != nil {
			continue
		}
		if err := ln.Close(); err != nil {
			return nil, err
		}
		out = append(out, port)
	}
	return nil, fmt.Errorf("no %d free ports from %d to %d", n, firstPort, lastPort)
}

// Port returns one for a test.
func Port(tb testing.TB) int {
	tb.Helper()
	ports, err := Ports(1)
	if err != nil {
		tb.Fatal(err)
	}
	return ports[0]
}

// Addr returns 127.0.0.1 with such a port.
func Addr(tb testing.TB) string {
	tb.Helper()
	return address(Port(tb))
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
