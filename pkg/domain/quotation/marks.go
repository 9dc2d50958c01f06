package quotation

import (
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

const longestAttribution = 3 // lines that "On ... wrote:" may be wrapped over

// Separator is the line that stands for a quotation's beginning where a mail program marks
// it by other means than text.
const Separator = "________________________________"

// What mail programs write around what they quote.
var (
	marked      = lazyregexp.New(`^\s*(?:[>|»]|[A-Za-z]{1,4}>)`)
	separator   = lazyregexp.New(`^(?:-{2,}\s*\pL[^\n]{1,150}?\s*-{2,}|[_=*]{4,}\s*\pL[^\n]{1,150}?\s*[_=*]{4,}|[_=-]{20,})$`)
	signature   = lazyregexp.New(`(?i)^(?:--|(?:sent|get) (?:from|with|via) (?:my|outlook|mail|yahoo|proton|spark|samsung|the|gmx|web\.de)\b.*|(?:get|sent from|sent via) outlook\b.*|von meine[mr] .{1,40} gesendet\.?|gesendet (?:mit|von) .*|(?:diese nachricht wurde )?von meine[mr] .{1,80} gesendet\.?|envoyé (?:de|depuis|à partir) .*|(?:inviato|inviata) d.{1,60}|enviado (?:des?de|do|a partir|con|com) .*|(?:verzonden|verstuurd) (?:vanaf|met|met mijn) .*|wysłan[eo] z .*|skickat från .*|sendt fra .*|lähetetty .*|odesláno z .*|отправлено (?:с|из) .*|发自我的.*|.{1,30}から送信|.{1,30} gönderildi|.{1,40}(?:iphone|ipad|android)['’]?\S{0,6} gönderildi\.?)$`)
	attributing = lazyregexp.New(`(?i)^(?:on|am|le)\s`)
	attribution = lazyregexp.New(`(?i)^(?:on\s.*\bwrote\s?:|am\s.*\bschrieb\b.*:|le\s.*\ba écrit\s?:)$`)
	headline    = lazyregexp.New(`(?i)^\*?(?:from|von|de)\s?:\*?\s`)
	headlines   = lazyregexp.New(`(?i)^\*?(?:sent|date|to|gesendet|datum|an|envoyé|à)\s?:\*?\s`)
	// A field of a header in whatever language: "Inviato: venerdì", "差出人：...".
	field = lazyregexp.New(`^\*?[\pL\pM][\pL\pM .'’-]{0,30}?\*?\s?[:：]\*?\s*\S`)
)

// manyFields in a row are a header, whatever they are called.
const manyFields = 3

// attributed returns how many lines an attribution takes from the first line on; 0: none
// begins there.
func attributed(lines []string) int {
	line := strings.TrimSpace(lines[0])
	if !attributing().MatchString(line) {
		return 0
	}
	for i := range min(longestAttribution, len(lines)) {
		if i > 0 {
			next := strings.TrimSpace(lines[i])
			if next == "" || attributing().MatchString(next) {
				return 0
			}
			line += " " + next
		}
		if attribution().MatchString(line) {
			return i + 1
		}
	}
	return 0
}

// headed reports whether the lines begin with a header that is known by its labels.
func headed(lines []string) bool {
	return len(lines) > 1 && headline().MatchString(strings.TrimSpace(lines[0])) && headlines().MatchString(strings.TrimSpace(lines[1]))
}
