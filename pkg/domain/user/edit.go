package user

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// Edit applies changes to a list of names: "+x" adds, "-x" takes away, and "=x,y" replaces
// the whole list, given as its first entry "=x" with the others bare. A sole "none" empties
// the list. Bare names are taken for additions while the list is empty; afterwards they are
// refused, because they could be meant either way. Names compare without regard to case.
func Edit(list, changes []string) ([]string, error) {
	if len(changes) == 0 {
		return list, nil
	}
	if len(changes) == 1 && changes[0] == "none" {
		return nil, nil
	}
	out := slices.Clone(list)
	replace := strings.HasPrefix(changes[0], "=")
	if replace {
		out = nil
		changes = append([]string{changes[0][1:]}, changes[1:]...)
	}
	for _, c := range changes {
		sign, name := "", strings.TrimSpace(c)
		if name != "" && strings.ContainsRune("+-", rune(name[0])) {
			sign, name = name[:1], strings.TrimSpace(name[1:])
		}
		i := slices.IndexFunc(out, func(s string) bool { return strings.EqualFold(s, name) })
		switch {
		case name == "" && replace && len(changes) == 1: // "=" alone
		case name == "" || name == "none" || strings.HasPrefix(name, "="):
			return nil, message.Errorf("%q is no name: write +x to add, -x to take away, =x,y to replace the list, none to empty it", c)
		case replace && sign != "":
			return nil, message.Errorf("%q: a list that begins with = holds bare names", c)
		case sign == "-" && i < 0:
			return nil, message.Errorf("-%s: the list does not hold it (it is %s)", name, Shown(list))
		case sign == "-":
			out = slices.Delete(out, i, i+1)
		case sign == "" && !replace && len(list) > 0:
			return nil, message.Errorf("%q could add to the list or replace it (it is %s): write +%s to add, =%s to replace", name, Shown(list), name, name)
		case i < 0:
			out = append(out, name)
		}
	}
	return out, nil
}

// Shown renders a list for people.
func Shown(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
