// Package message says things to people, in the language of each.
//
// Messages stand in English where they are said, as formats of package fmt, and are looked up
// by that text as gettext does: data/<tag>.po is a catalogue, and a language more is a file more.
// A message that a catalogue lacks comes in English. docs/languages.md says how to add one;
// "go run ./tools/messages" keeps the catalogues in step with what is said.
package message
