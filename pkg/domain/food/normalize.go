package food

import "strings"

// Normalize brings a name into the form in which names are compared: lower case, single
// spaces, plain apostrophes.
func Normalize(name string) string {
	return strings.Join(strings.Fields(apostrophes.Replace(strings.ToLower(name))), " ")
}

var apostrophes = strings.NewReplacer("’", "'", "‘", "'", "`", "'")

// Forms returns the normalised name with the other number of its last word: the plurals
// of a singular and the singulars of a plural. English spelling does not tell which of
// two forms is in use ("mangos", "mangoes"), so there may be several.
func Forms(name string) []string {
	n := Normalize(name)
	if n == "" {
		return nil
	}
	out := append([]string{n}, plurals(n)...)
	return append(out, singulars(n)...)
}

func plurals(n string) []string {
	cut := func(suffix string) string { return strings.TrimSuffix(n, suffix) }
	switch {
	case strings.HasSuffix(n, "s") && !strings.HasSuffix(n, "ss"):
		return nil
	case hasSuffix(n, "ss", "x", "ch", "sh", "z"):
		return []string{n + "es", n + "s"}
	case strings.HasSuffix(n, "y") && !hasSuffix(n, "ay", "ey", "oy", "uy"):
		return []string{cut("y") + "ies"}
	case strings.HasSuffix(n, "o"):
		return []string{n + "es", n + "s"}
	case hasSuffix(n, "leaf", "loaf", "half", "calf"):
		return []string{cut("f") + "ves"}
	default:
		return []string{n + "s"}
	}
}

func singulars(n string) []string {
	cut := func(suffix string) string { return strings.TrimSuffix(n, suffix) }
	switch {
	case !strings.HasSuffix(n, "s") || hasSuffix(n, "ss", "us", "is"):
		return nil
	case strings.HasSuffix(n, "ies"):
		return []string{cut("ies") + "y"}
	case hasSuffix(n, "leaves", "loaves", "halves"):
		return []string{cut("ves") + "f"}
	case hasSuffix(n, "oes", "xes", "ches", "shes", "sses"):
		return []string{cut("es")}
	default:
		return []string{cut("s")}
	}
}

func hasSuffix(s string, suffixes ...string) bool {
	for _, x := range suffixes {
		if strings.HasSuffix(s, x) {
			return true
		}
	}
	return false
}
