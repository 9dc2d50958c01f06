package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

type secretsCmd struct {
	Files []string `arg:"" name:"file" help:"Files to write; files joined by commas share one secret. It has 64 hexadecimal characters, or the form given: {N} in it stands for N such characters." placeholder:"FILE[,FILE...][=FORM]"`
}

// Run writes one secret for each argument. What exists stays, and is what a missing file of
// the same argument gets.
func (c *secretsCmd) Run(_ context.Context, std *streams) error {
	written := 0
	for _, arg := range c.Files {
		files, form, ok := strings.Cut(arg, "=")
		if !ok {
			form = defaultForm
		}
		n, err := shareSecret(strings.Split(files, ","), form)
		if err != nil {
			return err
		}
		written += n
	}
	printf(std.out, "%d new secret files; %d secrets in all\n", written, len(c.Files))
	return nil
}

var defaultForm = fmt.Sprintf("{%d}", seal.KeyHexLen)

var randomPart = regexp.MustCompile(`\{(\d{2})\}`)

// minRandom is the least number of random hexadecimal characters in a secret.
const minRandom = 16

// newSecret fills in a form.
func newSecret(form string) (string, error) {
	total := 0
	secret := randomPart.ReplaceAllStringFunc(form, func(m string) string {
		n, _ := strconv.Atoi(m[1 : len(m)-1]) // two digits
		total += n
		b := make([]byte, (n+1)/2)
		_, _ = rand.Read(b) // never fails
		return hex.EncodeToString(b)[:n]
	})
	if total < minRandom {
		return "", fault.New(fault.InvalidInput, "secrets", "form %q: want at least %d random characters, as in {32}", form, minRandom)
	}
	return secret, nil
}

// shareSecret makes sure that all files hold one secret, and returns how many it wrote.
func shareSecret(files []string, form string) (written int, err error) {
	var secret, from string
	var missing []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, f)
		case err != nil:
			return 0, fault.Wrap(fault.InvalidInput, "secrets", err)
		case from != "" && string(b) != secret:
			return 0, fault.New(fault.InvalidInput, "secrets", "%s and %s should hold the same secret and do not: remove the one that is wrong", from, f)
		default:
			secret, from = string(b), f
		}
	}
	if from == "" {
		if secret, err = newSecret(form); err != nil {
			return 0, err
		}
	}
	for _, f := range missing {
		if err := writeSecret(f, secret); err != nil {
			return written, fault.Wrap(fault.InvalidInput, "secrets", err)
		}
		written++
	}
	return written, nil
}

// writeSecret writes the whole file or nothing, readable by owner and group.
func writeSecret(path, secret string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(secret)
	if err = errors.Join(err, f.Chmod(0o440), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}
