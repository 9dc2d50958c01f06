package backup

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Format is the version of the file's form.
const Format = 1

const (
	dumpName     = "database.dump"
	manifestName = "manifest.json"
	maxManifest  = 64 << 10
)

// Manifest is what has to be known of a backup before it is restored.
type Manifest struct {
	Format     int       `json:"format"`
	Made       time.Time `json:"made"`
	Program    string    `json:"program"`    // version that made it
	Schema     int64     `json:"schema"`     // version of the database's schema
	Key        string    `json:"key"`        // name of the key in use, see package secretbox
	PostgreSQL string    `json:"postgresql"` // version of the server
	Bytes      int64     `json:"bytes"`      // of the dump
	SHA256     string    `json:"sha256"`     // of the dump, in hex
}

// write makes the file at path of what dump writes, completes the manifest and adds it. On
// an error nothing is left. Kind InvalidConfiguration when there is a file already.
func write(path string, m *Manifest, dump func(io.Writer) error) (err error) {
	op := "backup " + path
	exists := fault.New(fault.InvalidConfig, op, "the file exists already, and a backup never replaces another: name a new one")
	if _, err := os.Lstat(path); err == nil {
		return exists
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".backup-*") // mode 0600
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, op, err)
	}
	defer func() {
		// Closed and removed twice on success: the second time says so, and harms nobody.
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	z := zip.NewWriter(f)
	// Custom dumps are compressed.
	w, err := z.CreateHeader(&zip.FileHeader{Name: dumpName, Method: zip.Store, Modified: m.Made})
	if err != nil {
		return fault.Wrap(fault.Internal, op, err)
	}
	sum := &counter{w: w, hash: sha256.New()}
	if err := dump(sum); err != nil {
		return err
	}
	m.Format, m.Bytes, m.SHA256 = Format, sum.n, hex.EncodeToString(sum.hash.Sum(nil))
	if w, err = z.CreateHeader(&zip.FileHeader{Name: manifestName, Method: zip.Deflate, Modified: m.Made}); err != nil {
		return fault.Wrap(fault.Internal, op, err)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := errors.Join(enc.Encode(m), z.Close(), f.Sync(), f.Close()); err != nil {
		return fault.Wrap(fault.InvalidConfig, op, err)
	}
	// A link, unlike a renaming, fails where somebody has made the file meanwhile.
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return exists
	} else if err != nil { // a file system without links
		if err := os.Rename(f.Name(), path); err != nil {
			return fault.Wrap(fault.Internal, op, err)
		}
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return fault.Wrap(fault.Internal, "backup", err)
	}
	return nil
}

// Archive is a backup that is open, whole and undamaged.
type Archive struct {
	Manifest
	file *zip.ReadCloser
	dump *zip.File
}

// Open reads the whole of a backup. Kind InvalidConfiguration when it is none, damaged, or
// of a form that this program does not know.
func Open(path string) (_ *Archive, err error) {
	op := "backup " + path
	damaged := func(format string, args ...any) error {
		return fault.New(fault.InvalidConfig, op, "%s: the file is damaged, cut short or no backup of this program; nothing was changed", fmt.Sprintf(format, args...))
	}
	z, err := zip.OpenReader(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, fault.Wrap(fault.InvalidConfig, op, err)
	} else if err != nil {
		return nil, damaged("%v", err)
	}
	a := &Archive{file: z}
	defer func() {
		if err != nil {
			err = errors.Join(err, z.Close())
		}
	}()
	for _, f := range z.File {
		switch f.Name {
		case manifestName:
			if err := readManifest(f, &a.Manifest); err != nil {
				return nil, damaged("%s: %v", manifestName, err)
			}
		case dumpName:
			a.dump = f
		}
	}
	switch {
	case a.Format == 0 || a.dump == nil:
		return nil, damaged("no %s or no %s in it", manifestName, dumpName)
	case a.Format != Format:
		return nil, fault.New(fault.InvalidConfig, op, "has form %d, and this program reads form %d: run the program that made it, %s", a.Format, Format, a.Program)
	}
	r, err := a.dump.Open()
	if err != nil {
		return nil, damaged("%v", err)
	}
	sum := &counter{w: io.Discard, hash: sha256.New()}
	_, err = io.Copy(sum, r)
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, damaged("%s: %v", dumpName, err)
	}
	if sum.n != a.Bytes || hex.EncodeToString(sum.hash.Sum(nil)) != a.SHA256 {
		return nil, damaged("%s is not what %s says", dumpName, manifestName)
	}
	return a, nil
}

func readManifest(f *zip.File, m *Manifest) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	dec := json.NewDecoder(io.LimitReader(r, maxManifest))
	return errors.Join(dec.Decode(m), r.Close())
}

// Close closes the file.
func (a *Archive) Close() error { return a.file.Close() }

// counter passes on what is written, counts and hashes it.
type counter struct {
	w    io.Writer
	n    int64
	hash interface {
		io.Writer
		Sum([]byte) []byte
	}
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	_, _ = c.hash.Write(b[:n]) // never fails
	return n, err
}
