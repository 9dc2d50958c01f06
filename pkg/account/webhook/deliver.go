package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
)

// waits are those before the next attempts; when they are over a message has failed.
var waits = []time.Duration{5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 8 * time.Hour, 24 * time.Hour}

// atOnce is how many receivers are told at a time, so that slow ones do not hold others up.
const atOnce = 4

// Deliver delivers what is due until nothing is, and returns how many attempts that took. Kinds of
// error: those of the store.
func (s *Service) Deliver(ctx context.Context) (int, error) {
	var wg sync.WaitGroup
	counts, errs := make([]int, atOnce), make([]error, atOnce)
	for i := range atOnce {
		wg.Go(func() { counts[i], errs[i] = s.drain(ctx) })
	}
	wg.Wait()
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum, errors.Join(errs...)
}

func (s *Service) drain(ctx context.Context) (n int, err error) {
	defer fault.Recover("tell webhooks", &err)
	for ctx.Err() == nil {
		d, ok, err := s.store.Claim(ctx)
		if err != nil || !ok {
			return n, err
		}
		n++
		// An attempt that has begun is settled, also when the program stops.
		if err := s.store.Settle(context.WithoutCancel(ctx), d, s.attempt(ctx, d)); err != nil {
			return n, err
		}
	}
	return n, nil
}

// attempt tries once to deliver.
func (s *Service) attempt(ctx context.Context, d Due) Result {
	secret, err := s.ring.Open(d.Sealed, keyring.Webhooks.Context(d.Webhook))
	if err != nil {
		return Result{Status: "failed", Problem: "its secret cannot be read any more: remove the webhook and make another"}
	}
	id, at := "msg_"+strconv.FormatInt(d.ID, 10), strconv.FormatInt(s.now().Unix(), 10)
	var status int
	err = fault.Guarded("tell a webhook", func() (err error) {
		status, err = s.sender.Send(ctx, d, map[string]string{
			"Content-Type": "application/json", "User-Agent": "mealplanner",
			"Webhook-Id": id, "Webhook-Timestamp": at, "Webhook-Signature": sign(secret.Reveal(), id, at, d.Message),
		})
		return err
	})()
	r := Result{Answered: status}
	switch {
	case err != nil:
		r.Problem = trouble(err)
	case status >= http200 && status < http300:
		r.Status = "delivered"
		return r
	case status == httpGone:
		r.Gone = true
		fallthrough
	default:
		r.Problem = "it answered " + strconv.Itoa(status)
	}
	if r.Gone || d.Attempts > len(waits) || fault.KindOf(err) == fault.InvalidInput {
		r.Status = "failed"
		return r
	}
	r.Status, r.Retry = "pending", waits[d.Attempts-1]
	return r
}

// The statuses that matter.
const (
	http200  = 200
	http300  = 300
	httpGone = 410
)

// trouble says what went wrong without telling what the network inside looks like.
func trouble(err error) string {
	switch fault.KindOf(err) {
	case fault.InvalidInput:
		return fault.Text(err)
	case fault.TimeoutError:
		return "it did not answer in time"
	default:
		return "no connection to it, or it broke"
	}
}

// sign returns the signature of a message after the Standard Webhooks.
func sign(secret, id, timestamp string, message []byte) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil {
		return "" // it is none of ours
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(message)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
