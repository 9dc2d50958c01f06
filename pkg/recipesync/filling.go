package recipesync

import (
	"context"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// fillings are the running first imports, by connection. Callers that need the same pool
// share one import.
type fillings struct {
	mu sync.Mutex
	by map[string]*filling
}

type filling struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{}
	err     error // once done is closed
}

// do waits for the import of a connection, starting fill if none is running. The import has
// the first caller's context values but not its cancellation: it is canceled once no caller
// is left. A caller whose context ends while others wait gets that context's error.
func (f *fillings) do(ctx context.Context, connection string, fill func(context.Context) error) error {
	run := f.join(ctx, connection, fill)
	select {
	case <-run.done:
	case <-ctx.Done():
		if others := f.leave(connection, run); others {
			return fault.Wrap(fault.KindOf(ctx.Err()), "first import of "+connection, ctx.Err())
		}
		run.cancel()
		<-run.done
	}
	return run.err
}

func (f *fillings) join(ctx context.Context, connection string, fill func(context.Context) error) *filling {
	f.mu.Lock()
	defer f.mu.Unlock()
	run := f.by[connection]
	if run == nil {
		shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
		run = &filling{cancel: cancel, done: make(chan struct{})}
		if f.by == nil {
			f.by = map[string]*filling{}
		}
		f.by[connection] = run
		go func() {
			defer cancel()
			run.err = fault.Guarded("recipe sync", func() error { return fill(shared) })()
			f.mu.Lock()
			defer f.mu.Unlock()
			f.forget(connection, run)
			close(run.done)
		}()
	}
	run.waiting++
	return run
}

// leave reports whether others still wait; if not, no caller can join any longer.
func (f *fillings) leave(connection string, run *filling) (others bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if run.waiting--; run.waiting > 0 {
		return true
	}
	f.forget(connection, run)
	return false
}

// forget lets the next caller start a new import. The caller holds the lock.
func (f *fillings) forget(connection string, run *filling) {
	if f.by[connection] == run {
		delete(f.by, connection)
	}
}
