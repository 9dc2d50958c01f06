package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// billOfMaterials says in CycloneDX 1.6 what is in a binary: the modules that its own build
// information names, Go among them, with the licences that were read from their sources.
func billOfMaterials(info *debug.BuildInfo, all []component, c commit, binary []byte) ([]byte, error) {
	platform := map[string]string{}
	for _, s := range info.Settings {
		platform[s.Key] = s.Value
	}
	qualifiers := "?goarch=" + platform["GOARCH"] + "&goos=" + platform["GOOS"] + "&type=module"
	self := cdx.Component{
		BOMRef: "mealplanner", Type: cdx.ComponentTypeApplication, Name: "mealplanner", Version: c.Version,
		PackageURL: purl(info.Main.Path, c.Version) + qualifiers,
		Licenses:   &cdx.Licenses{{License: &cdx.License{ID: "Apache-2.0"}}},
		Hashes:     &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: fmt.Sprintf("%x", sha256.Sum256(binary))}},
		Properties: &[]cdx.Property{{Name: "revision", Value: c.Revision}},
	}
	parts := []cdx.Component{{
		BOMRef: purl("std", info.GoVersion), Type: cdx.ComponentTypeLibrary, Name: "std", Version: info.GoVersion,
		PackageURL: purl("std", info.GoVersion) + qualifiers,
	}}
	of := map[string]string{"std": golang}
	for _, m := range info.Deps {
		name := m.Path
		if m.Replace != nil {
			m = m.Replace
		}
		of[m.Path] = name
		parts = append(parts, cdx.Component{
			BOMRef: purl(m.Path, m.Version), Type: cdx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, Scope: cdx.ScopeRequired,
			PackageURL: purl(m.Path, m.Version) + qualifiers,
			Properties: &[]cdx.Property{{Name: "go.sum", Value: m.Sum}},
		})
	}
	slices.SortFunc(parts, func(a, b cdx.Component) int { return cmp.Compare(a.BOMRef, b.BOMRef) })
	refs := make([]string, len(parts))
	for i, p := range parts {
		refs[i] = p.BOMRef
		at := slices.IndexFunc(all, func(c component) bool { return c.Name == of[p.Name] })
		if at < 0 {
			return nil, fmt.Errorf("%s is in the binary and has no licence here", p.Name)
		}
		if l := all[at].Licences; len(l) == 1 {
			parts[i].Licenses = &cdx.Licenses{{License: &cdx.License{ID: l[0]}}}
		} else {
			parts[i].Licenses = &cdx.Licenses{{Expression: strings.Join(l, " AND ")}}
		}
	}
	bom := cdx.NewBOM()
	bom.SpecVersion, bom.JSONSchema = cdx.SpecVersion1_6, "http://cyclonedx.org/schema/bom-1.6.schema.json"
	bom.Metadata = &cdx.Metadata{Timestamp: c.Time.Format(time.RFC3339), Component: &self}
	bom.Components = &parts
	bom.Dependencies = &[]cdx.Dependency{{Ref: self.BOMRef, Dependencies: &refs}}
	var b bytes.Buffer
	err := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).EncodeVersion(bom, cdx.SpecVersion1_6)
	return b.Bytes(), err
}

// purl is a package URL without qualifiers.
func purl(path, version string) string {
	return "pkg:golang/" + path + "@" + url.PathEscape(version)
}
