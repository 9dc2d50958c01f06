package phrase

import "slices"

// compose covers the words with names, the longest first.
func (n *Names) compose(ws []word) (foods []Food, unknown []string) {
	var (
		aside  Food     // what is left out between names
		early  []string // words that stand after a food if they only describe it
		shapes []string // of the food that follows
	)
	join := Within
	for i := 0; i < len(ws); {
		w := ws[i]
		f, size := n.longest(ws[i:])
		switch {
		case size == 1 && w.bound && len(foods) > 0 && n.suits(w.text, foods[len(foods)-1].Name): // "beef tri-tip steak"
			aside.leave(w)
		case size == 1 && w.bound && len(ws) > 1: // "steak de lentilles" is no steak
			unknown = append(unknown, w.text)
		case size > 0:
			if len(foods) > 0 {
				f.Join = join
			}
			foods, join = append(foods, f), Within
			unknown, shapes = append(unknown, n.misfits(shapes, f.Name)...), nil
			i += size
			continue
		case w.kind == content || (w.kind == measure || w.kind == before) && len(foods) > 0:
			unknown = append(unknown, w.text)
		case w.text == "of":
			join = Of
		case w.bound:
			shapes = append(shapes, w.text)
		case w.late && len(foods) == 0:
			early = append(early, w.text)
		default:
			aside.leave(w)
		}
		i++
	}
	if len(foods) == 0 {
		return nil, append(unknown, shapes...)
	}
	last := &foods[len(foods)-1]
	last.Forms = append(last.Forms, aside.Forms...)
	if last.Part == "" {
		last.Part = aside.Part
	}
	return foods, slices.Concat(unknown, n.misfits(shapes, last.Name), early)
}

// longest is the longest name that begins with the first word, and how many words it takes.
func (n *Names) longest(ws []word) (Food, int) {
	if ws[0].kind == plain && !n.has(ws[0].text) {
		return Food{}, 0
	}
	for size := len(ws); size > 0; size-- {
		if f, ok := n.one(ws[:size]); ok && spans(f.Name, ws[:1]) && spans(f.Name, ws[size-1:size]) {
			return f, size
		}
	}
	return Food{}, 0
}
