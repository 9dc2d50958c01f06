package inbox

import (
	"regexp"
	"strings"
)

const longestAttribution = 3 // lines that "On ... wrote:" may be wrapped over

// Where the writer's text ends: the line, or the line with those after it, looks like this.
var (
	quoted      = regexp.MustCompile(`^\s*>`)
	separator   = regexp.MustCompile(`(?i)^(?:-{2,}\s*(?:original message|forwarded message|original-nachricht|ursprüngliche nachricht|weitergeleitete nachricht|message d'origine|message transféré)\s*-{2,}|_{20,})$`)
	signature   = regexp.MustCompile(`(?i)^(?:--|(?:sent|get) (?:from|with) (?:my|outlook|mail|yahoo|proton|the)\b.*|(?:get|sent from|sent via) outlook\b.*|von meine[mr] .{1,40} gesendet\.?|gesendet mit .*|envoyé (?:de|depuis) mon .*)$`)
	attributing = regexp.MustCompile(`(?i)^(?:on|am|le)\s`)
	attribution = regexp.MustCompile(`(?i)^(?:on\s.*\bwrote\s?:|am\s.*\bschrieb\b.*:|le\s.*\ba écrit\s?:)$`)
	headline    = regexp.MustCompile(`(?i)^\*?(?:from|von|de)\s?:\*?\s`)
	headlines   = regexp.MustCompile(`(?i)^\*?(?:sent|date|to|gesendet|datum|an|envoyé|à)\s?:\*?\s`)
)

// unquoted is the text above the first quote or signature.
func unquoted(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u202f", " ").Replace(text)
	lines := strings.Split(text, "\n")
	for i := range lines {
		if endsText(lines[i:]) {
			lines = lines[:i]
			break
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// endsText reports whether the lines begin with what is no longer the writer's text.
func endsText(lines []string) bool {
	line := strings.TrimSpace(lines[0])
	if quoted.MatchString(line) || separator.MatchString(line) || signature.MatchString(line) {
		return true
	}
	if headline.MatchString(line) && len(lines) > 1 && headlines.MatchString(strings.TrimSpace(lines[1])) {
		return true
	}
	if !attributing.MatchString(line) {
		return false
	}
	for i := range min(longestAttribution, len(lines)) {
		if i > 0 {
			next := strings.TrimSpace(lines[i])
			if next == "" || attributing.MatchString(next) {
				return false
			}
			line += " " + next
		}
		if attribution.MatchString(line) {
			return true
		}
	}
	return false
}
