package inbox

import "strings"

// unflowed joins lines that were broken softly (RFC 3676): lines of one quote depth, up to
// the first that does not end in a space. delSp: that space is not part of the text.
func unflowed(text string, delSp bool) string {
	var out strings.Builder
	depth, open := 0, false
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		line = strings.TrimSuffix(line, "\n")
		content := strings.TrimLeft(line, ">")
		d := len(line) - len(content)
		content = strings.TrimPrefix(content, " ") // stuffed
		signature := content == "-- "
		if open && (d != depth || signature) {
			out.WriteByte('\n')
			open = false
		}
		if !open && d > 0 {
			out.WriteString(strings.Repeat(">", d) + " ")
		}
		depth, open = d, strings.HasSuffix(content, " ") && !signature
		if open && delSp {
			content = strings.TrimSuffix(content, " ")
		}
		out.WriteString(content)
		if !open {
			out.WriteByte('\n')
		}
	}
	return out.String()
}
