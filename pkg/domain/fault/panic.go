package fault

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// panicked is the cause of an error that was a panic.
type panicked struct {
	value any
	stack string
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// Unwrap returns what was panicked with, if it is an error.
func (p *panicked) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// Recover makes an [Internal] error of a panic. It is deferred by what does one user's work in a
// goroutine, where a panic would end the work of all.
func Recover(op string, err *error) {
	if r := recover(); r != nil {
		*err = Wrap(Internal, op, &panicked{r, string(debug.Stack())})
	}
}

// Guarded is fn with [Recover].
func Guarded(op string, fn func() error) func() error {
	return func() (err error) {
		defer Recover(op, &err)
		return fn()
	}
}

// Stack returns the stack of the panic that err was; "" for other errors.
func Stack(err error) string {
	if p, ok := errors.AsType[*panicked](err); ok {
		return p.stack
	}
	return ""
}

// Fields are those of a line about an error (docs/logs.md), as names and values. The logger adds the
// stack to lines of level ERROR; that of a panic is here.
func Fields(k Kind, err error) []any {
	out := []any{"error_type", string(k), "error_message", err.Error()}
	if stack := Stack(err); stack != "" {
		out = append(out, "stack_trace", stack)
	}
	return out
}
