package replies

import (
	"encoding/hex"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

// targetsVerb is a command for buttons only: TARGETS protein fat carbs, in grams.
const targetsVerb command.Verb = "TARGETS"

// replyKey returns a tag's key in the store's form.
func replyKey(tag string) (string, bool) {
	key, ok := signedlink.ReplyKey(tag)
	return hex.EncodeToString(key[:]), ok
}

// Buttons may carry lines that mails may not: a change of targets, UNDO of a specific change,
// and the confirmation of waiting commands.
const confirmVerb = "CONFIRM"

// parse reads the commands of a mail or a button.
func (w *work) parse(in incoming) command.Parsed {
	if in.source == ByButton {
		if rest, ok := strings.CutPrefix(in.text, string(targetsVerb)+" "); ok {
			return command.Parsed{Commands: []command.Command{{Verb: targetsVerb, Line: in.text, Text: rest}}}
		}
		if m := undoLine().FindStringSubmatch(in.text); m != nil {
			w.undoKey = m[1]
			return command.Parsed{Commands: []command.Command{{Verb: command.Undo, Line: "UNDO"}}}
		}
	}
	return command.Parse(in.text, w.week)
}
