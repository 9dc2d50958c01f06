package resilient

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// ErrBodyTooLarge is returned by reads beyond the limit of [LimitBody].
var ErrBodyTooLarge = errors.New("answer is too large")

// LimitBody lets n bytes of body through. Reading further fails with [ErrBodyTooLarge],
// where a plain io.LimitReader would make a cut answer look complete.
func LimitBody(body io.ReadCloser, n int64) io.ReadCloser {
	return &limited{body: body, left: n, limit: n}
}

type limited struct {
	body        io.ReadCloser
	left, limit int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, fmt.Errorf("%w: more than %d bytes", ErrBodyTooLarge, l.limit)
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.body.Read(p)
	l.left -= int64(n)
	if l.left < 0 {
		return n - 1, fmt.Errorf("%w: more than %d bytes", ErrBodyTooLarge, l.limit)
	}
	return n, err
}

func (l *limited) Close() error { return l.body.Close() }

// counted tells done, once, how much of the body was read, and why reading it failed.
type counted struct {
	body io.ReadCloser
	done func(received int64, err error)

	received atomic.Int64
	once     sync.Once
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.body.Read(p)
	received := c.received.Add(int64(n))
	if err != nil {
		failure := err
		if errors.Is(err, io.EOF) || errors.Is(err, ErrBodyTooLarge) {
			failure = nil // the answer came; what is wrong with it is not the connection's fault
		}
		c.once.Do(func() { c.done(received, failure) })
	}
	return n, err
}

func (c *counted) Close() error {
	c.once.Do(func() { c.done(c.received.Load(), nil) })
	return c.body.Close()
}
