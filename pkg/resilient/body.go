package resilient

import (
	"errors"
	"fmt"
	"io"
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
