package tandoortest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
)

// noPicture is which recipes have no picture: every such one.
const noPicture = 7

// image is the address of a recipe's picture, on the host that was asked; nil where it has none.
func (s *Server) image(id int) any {
	if id%noPicture == 0 {
		return nil
	}
	return fmt.Sprintf("http://%s%s/media/recipes/%d.png", s.host, s.opt.Prefix, id)
}

// picture is served to everybody, as nginx serves Tandoor's media.
func (s *Server) picture(r *http.Request) reply {
	var id int
	if _, err := fmt.Sscanf(r.PathValue("file"), "%d.png", &id); err != nil || s.db.recipes[id] == nil || id%noPicture == 0 {
		return reply{status: http.StatusNotFound, page: "404 Not Found"}
	}
	return reply{status: http.StatusOK, page: plate(id), header: map[string]string{"Content-Type": "image/png"}}
}

// plate draws a plate with something on it, in the colour of the recipe's number.
func plate(id int) string {
	const w, h, plateSize, food = 320, 200, 90, 60
	dish := color.NRGBA{uint8(60 + 53*id%180), uint8(60 + 97*id%150), uint8(40 + 31*id%120), 255} //nolint:gosec // below 256
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		for y := range h {
			dx, dy := x-w/2, y-h/2
			switch d := dx*dx + dy*dy; {
			case d < food*food+(x*y*id)%900:
				img.SetNRGBA(x, y, dish)
			case d < plateSize*plateSize:
				img.SetNRGBA(x, y, color.NRGBA{245, 245, 240, 255})
			default:
				img.SetNRGBA(x, y, color.NRGBA{150, 120, 90, 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return ""
	}
	return b.String()
}
