// Package replies is the use case of commands by mail or button: each reply or click changes
// the week its mail was about, exactly once, or nothing.
package replies

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

// The proofs.
const (
	Unknown Proof = iota // sender not authenticated
	Proven               // the mail server's checks, or a signature of the sender's domain
	Forged               // the checks failed
)

// Limits of one user.
const (
	MaxMails   = 10    // per hour that are read
	MaxClicks  = 60    // an hour
	MaxPages   = 300   // an hour; as many by programs
	maxToken   = 64    // characters of an address's local part
	maxWritten = 5_000 // bytes of the writer's own text
	maxSame    = 3     // answers a day to the same text without a command: programs repeat themselves
	maxBelow   = 5     // misplaced lines that are shown
)

// The sources.
const (
	ByMail   Source = "mail"
	ByButton Source = "button"
	ByPage   Source = "page" // of somebody who is signed in, and who sees the answer there
	ByAPI    Source = "api"  // of a program of theirs, which gets the answer
)

// Service carries out commands.
type Service struct {
	store    Store
	planner  Planner
	library  Library
	tokens   *signedlink.Signer
	renderer Renderer
	now      func() time.Time
	free     chan struct{}

	previewing sync.Map // users who look at one
}

// Ports are the use case's dependencies.
type Ports struct {
	Store    Store
	Planner  Planner
	Library  Library
	Tokens   *signedlink.Signer // of reply addresses
	Renderer Renderer
}

// New returns the use case. Each mail or click holds one database connection and needs a
// second: concurrent, the number handled at a time, must be well below the pool's size.
func New(p Ports, concurrent int, now func() time.Time) *Service {
	return &Service{store: p.Store, planner: p.Planner, library: p.Library, tokens: p.Tokens, renderer: p.Renderer, now: now, free: make(chan struct{}, concurrent)}
}

// Report is the result of a mail or a click.
type Report struct {
	Outcome  command.Outcome
	User     string         // "" if unknown
	Verbs    []command.Verb // of the executed commands
	Answered bool
	Answer   Answer
}

// Receive handles a mail. It returns an error only if it decided nothing and the mail must be
// handled again.
func (s *Service) Receive(ctx context.Context, l Letter) (Report, error) {
	if l.Dropped != "" {
		return Report{Outcome: l.Dropped}, nil
	}
	tags := tagsOf(l.Recipients)
	if len(tags) == 0 {
		return Report{Outcome: command.NoToken}, nil
	}
	origin, tag, err := s.origin(ctx, tags)
	if err != nil {
		return Report{Outcome: command.Failed}, err
	}
	r := Report{User: origin.User.ID}
	switch {
	case tag == "":
		r = Report{Outcome: command.BadToken}
	case !strings.EqualFold(l.From, origin.User.Email):
		r.Outcome = command.SenderMismatch
	case l.Proof == Forged:
		r.Outcome = command.AuthFailed
	default:
		reply := s.read(l, origin, tag)
		return s.handle(ctx, origin, incoming{
			source: ByMail, id: l.MessageID, digest: digest("mail", origin.User.ID, strings.ToLower(tag), l.Date.UTC().Format(time.RFC3339), reply.Above, strings.Join(reply.Below, "\n")),
			text: reply.Above, below: reply.Below, tooLong: l.TooLong || len(reply.Above) > maxWritten, proven: l.Proof == Proven,
		})
	}
	return r, nil
}

// read separates the writer's own text from quotations.
func (s *Service) read(l Letter, o Origin, tag string) quotation.Reply {
	ours := slices.Clone(l.Ours)
	for _, r := range l.Recipients {
		if strings.Contains(r, "+"+tag+"@") {
			ours = append(ours, r)
		}
	}
	return quotation.Split(l.Text, quotation.Original{Sent: o.Sent, Fixed: s.renderer.Fixed(), Addresses: ours}, func(line string) quotation.Reading {
		switch p := command.Parse(line[:min(len(line), maxWritten)], o.Week); {
		case len(p.Commands) > 0:
			return quotation.Command
		case len(p.Problems) > 0:
			return quotation.Attempt
		default:
			return quotation.Prose
		}
	})
}

// Click carries out the commands of a confirmed button. token identifies the button, which
// works once.
func (s *Service) Click(ctx context.Context, u user.User, week calendar.Date, line, token string) (Report, error) {
	lines, err := s.Lines(ctx, u.ID, line)
	if err != nil {
		return Report{User: u.ID, Outcome: command.Failed}, err
	}
	id := digest("click", token)
	return s.handle(ctx, Origin{User: u, Week: week}, incoming{source: ByButton, id: "click." + id[:32], digest: id, text: strings.Join(lines, "\n"), proven: true})
}

// Lines returns the commands behind a button's line.
func (s *Service) Lines(ctx context.Context, userID, line string) ([]string, error) {
	m := confirmLine().FindStringSubmatch(line)
	if m == nil {
		return []string{line}, nil
	}
	waiting, err := s.store.Proposal(ctx, userID, m[1])
	if err == nil && waiting == nil {
		err = fault.New(fault.NotFound, "button", "this button's commands are no longer on record: send your commands again")
	}
	return waiting, err
}

// incoming is a mail or a click of a known user.
type incoming struct {
	source  Source
	id      string
	digest  string
	text    string
	below   []string // text below or inside the quotation
	tooLong bool
	proven  bool
	wanted  *Wanted // of a page
	version string  // of the week that it showed
}

// shown reports whether its sender gets the answer without a mail.
func (in incoming) shown() bool { return in.source == ByPage || in.source == ByAPI }

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// maxTags is how many plus-addressed recipients are examined.
const maxTags = 10

// tagsOf returns the recipients' plus tags.
func tagsOf(recipients []string) []string {
	var out []string
	for _, r := range recipients {
		local, _, ok := strings.Cut(r, "@")
		if _, tag, plus := strings.Cut(local, "+"); ok && plus && len(tag) <= maxToken && len(out) < maxTags {
			out = append(out, tag)
		}
	}
	return out
}

// origin finds the mail that the first valid tag identifies; it returns no tag if none is valid.
func (s *Service) origin(ctx context.Context, tags []string) (o Origin, tag string, err error) {
	for _, tag := range tags {
		key, ok := replyKey(tag)
		if !ok {
			continue
		}
		o, err := s.store.Origin(ctx, key)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return o, "", err
		}
		if s.tokens.VerifyReplyTag(tag, o.User.ID, o.Week.String()) {
			return o, tag, nil
		}
	}
	return Origin{}, "", nil
}

// handle decides about a mail or a click and stores the decision with its answer in one
// transaction.
func (s *Service) handle(ctx context.Context, o Origin, in incoming) (r Report, err error) {
	done, err := s.turn(ctx)
	if err != nil {
		return Report{User: o.User.ID, Outcome: command.Failed}, err
	}
	defer done()
	err = s.store.Transact(ctx, o.User.ID, func(ctx context.Context, tx Tx) (err error) {
		defer fault.Recover("reply", &err)
		r = Report{User: o.User.ID}
		seen, err := tx.Seen(ctx, in.id, in.digest)
		if err != nil {
			return err
		}
		if seen {
			r.Outcome = command.Duplicate
			return nil
		}
		looked, err := tx.Recent(ctx, time.Hour, in.source, "")
		if err != nil {
			return err
		}
		limited, err := tx.Recent(ctx, time.Hour, in.source, command.RateLimited)
		if err != nil {
			return err
		}
		var c Change
		var a Answer
		switch most := map[Source]int{ByMail: MaxMails, ByButton: MaxClicks, ByPage: MaxPages, ByAPI: MaxPages}[in.source]; {
		case looked-limited < most:
			if c, a, r.Verbs, err = s.decide(ctx, tx, o, in); err != nil {
				return err
			}
		case limited > 0 || in.source != ByMail:
			r.Outcome = command.RateLimited
			return nil
		default:
			a = Answer{Outcome: command.RateLimited, Problems: []command.Problem{{Why: message.Textf("We read %d mails of yours within an hour. We did not read this one, and will not read further ones until an hour after the first: send your commands again then.", most)}}}
		}
		if r.Outcome = a.Outcome; r.Outcome == command.Outdated {
			return nil
		}
		c.Record.Week, c.Record.Source, c.Record.MessageID, c.Record.Digest, c.Record.Outcome = o.Week, in.source, in.id, in.digest, a.Outcome
		a.Week, a.Key = o.Week, in.id
		if in.source == ByMail {
			a.InReplyTo = in.id
		}
		silent, err := s.helpless(ctx, tx, in, &c, &a)
		if err != nil {
			return err
		}
		r.Outcome, r.Answer = a.Outcome, a
		if !silent && !in.shown() {
			u := o.User
			if c.User != nil {
				u = *c.User
			}
			m, err := s.renderer.Answer(u, a)
			if err != nil {
				return err
			}
			c.Mail, r.Answered = &m, true
		}
		return tx.Save(ctx, c)
	})
	if err == nil {
		return r, nil
	}
	r = Report{User: o.User.ID, Outcome: command.Failed}
	if !fault.KindOf(err).Transient() { // no retry follows: the user must know
		var ferr error
		r.Answered, ferr = s.recordFailure(ctx, o, in)
		err = errors.Join(err, ferr)
	}
	return r, err
}

// helpless shortens the answer to a mail without a known command: the grammar is sent once a
// day. silent: the same text was already answered often enough, so its writer is probably a
// program that answers our answers.
func (s *Service) helpless(ctx context.Context, tx Tx, in incoming, c *Change, a *Answer) (silent bool, err error) {
	if in.source != ByMail || a.Outcome != command.NoCommand && a.Outcome != command.NotUnderstood && a.Outcome != command.Misplaced {
		return false, nil
	}
	c.Record.Said = digest("said", in.text, strings.Join(in.below, "\n"))
	same, err := tx.Repeats(ctx, c.Record.Said, 24*time.Hour)
	if err != nil || a.Outcome != command.NoCommand {
		return same >= maxSame, err
	}
	before, err := tx.Recent(ctx, 24*time.Hour, in.source, command.NoCommand)
	if before > 0 {
		a.Help, a.Reminder = false, true
	}
	return same >= maxSame, err
}

// recordFailure records and answers a failure of ours.
func (s *Service) recordFailure(ctx context.Context, o Origin, in incoming) (answered bool, err error) {
	err = s.store.Transact(ctx, o.User.ID, func(ctx context.Context, tx Tx) error {
		a := Answer{Week: o.Week, Key: in.id, Outcome: command.Failed, Problems: []command.Problem{{Why: message.Textf("Something went wrong on our side. Whoever runs this service finds it in the log.")}}}
		if in.source == ByMail {
			a.InReplyTo = in.id
		}
		c := Change{Record: Record{Week: o.Week, Source: in.source, MessageID: in.id, Digest: in.digest, Outcome: command.Failed}}
		if !in.shown() {
			m, err := s.renderer.Answer(o.User, a)
			if err != nil {
				return err
			}
			c.Mail, answered = &m, true
		}
		return tx.Save(ctx, c)
	})
	return answered && err == nil, err
}

// shortKey identifies a mail or a click in a button's line.
func shortKey(id string) string { return digest("key", id)[:16] }

// decide parses the text and computes the change.
func (s *Service) decide(ctx context.Context, tx Tx, o Origin, in incoming) (Change, Answer, []command.Verb, error) {
	var c Change
	if in.tooLong {
		return c, Answer{Outcome: command.NotUnderstood, Problems: []command.Problem{{Why: message.Textf("Your reply is longer than we read. Send only the commands, one per line.")}}}, nil, nil
	}
	if len(in.below) > 0 {
		a := Answer{Outcome: command.Misplaced, Problems: []command.Problem{{Why: message.Textf("Part of your reply stands below or inside the mail that it quotes. Only what stands above the quotation is read: write your commands there, or in a new reply without the quotation.")}}}
		for _, line := range in.below[:min(len(in.below), maxBelow)] {
			a.Problems = append(a.Problems, command.Problem{Line: shorten(line), Why: message.Textf("It stands below or inside the quotation.")})
		}
		return c, a, nil, nil
	}
	w := work{service: s, tx: tx, week: o.Week, source: in.source, request: in.wanted}
	parsed := w.parse(in)
	for _, x := range parsed.Commands {
		c.Record.Commands = append(c.Record.Commands, x.String())
	}
	today, err := s.today(o.User)
	if err != nil {
		return c, Answer{}, nil, err
	}
	a := Answer{Ignored: parsed.Prose, Problems: parsed.Problems}
	inputs, err := tx.Inputs(ctx, o.Week)
	if err != nil {
		return c, a, nil, err
	}
	a.PlanExists = inputs.Existing != nil
	switch {
	case in.version != "" && inputs.Existing != nil && inputs.Existing.Week.Version() != in.version:
		a.Outcome = command.Outdated
		return c, a, nil, nil
	case len(parsed.Commands) > command.MaxCommands || len(parsed.Problems) > 0 && len(parsed.Commands) == command.MaxCommands:
		a.Outcome, a.Problems = command.TooManyCommands, []command.Problem{{Why: message.Textf("There are more than 20 commands. Send at most 20 in one mail.")}}
		return c, a, nil, nil
	case len(parsed.Problems) > 0:
		a.Outcome, a.Help = command.NotUnderstood, true
		return c, a, nil, nil
	case len(parsed.Commands) == 0:
		a.Outcome, a.Help = command.NoCommand, true
		return c, a, nil, nil
	case today > o.Week+6 && slices.ContainsFunc(parsed.Commands, aboutWeek):
		a.Outcome = command.WeekOver
		return c, a, nil, nil
	case !in.proven && changes(parsed.Commands):
		a.Outcome, a.Waiting, a.Confirm = command.Unproven, c.Record.Commands, confirmVerb+" "+in.digest[:16]
		return c, a, nil, nil
	}
	w.in, w.today = inputs, today
	if err := w.run(ctx, parsed.Commands); err != nil {
		if !actionable(err) {
			return c, a, nil, err
		}
		a.Outcome = command.Refused
		a.Problems = append(a.Problems, w.refusal(err))
		return c, a, nil, nil
	}
	w.fill(&c, &a, shortKey(in.id))
	verbs := make([]command.Verb, len(parsed.Commands))
	for i, x := range parsed.Commands {
		verbs[i] = x.Verb
	}
	return c, a, verbs, nil
}

// shorten truncates a line for display.
func shorten(line string) string {
	if r := []rune(line); len(r) > command.MaxLine {
		return string(r[:command.MaxLine])
	}
	return line
}

// aboutWeek reports whether a command is about the week of its mail.
func aboutWeek(c command.Command) bool {
	switch c.Verb {
	case command.Pause, command.Resume, command.Status, command.HelpVerb:
		return false
	default:
		return true
	}
}

// changes reports whether a command is more than a query.
func changes(cmds []command.Command) bool {
	return slices.ContainsFunc(cmds, func(c command.Command) bool { return c.Verb != command.Status && c.Verb != command.HelpVerb })
}

// actionable reports whether the user can act on an error.
func actionable(err error) bool {
	switch fault.KindOf(err) {
	case fault.InvalidInput, fault.InvalidConstraints, fault.NotFound, fault.NotEnoughRecipes, fault.NoRecipesAvailable, fault.Conflict:
		return true
	default:
		return false
	}
}

func (s *Service) today(u user.User) (calendar.Date, error) {
	zone, err := u.Location()
	if err != nil {
		return 0, fault.Wrap(fault.InvalidConfig, "user "+u.ID, err)
	}
	return calendar.On(s.now().In(zone)), nil
}
