package main

import (
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// grammar is what the arguments are parsed by: the commands, cut down to the one that they
// name, because building all of them with their settings takes longer than most commands
// do. Arguments that name none (help, or a mistake) get all.
func grammar(args []string) any {
	all := reflect.TypeFor[cli]()
	if len(args) == 0 {
		return new(cli)
	}
	if slices.Contains([]string{"-h", "--help", "--version"}, args[0]) {
		return reflect.New(commandNames(all)).Interface()
	}
	chosen, ok := commandField(all, args[0])
	if !ok {
		return new(cli)
	}
	if len(args) > 1 {
		if sub, ok := commandField(chosen.Type, args[1]); ok {
			chosen.Type = reflect.StructOf([]reflect.StructField{sub})
		}
	}
	fields := []reflect.StructField{chosen}
	for f := range all.Fields() {
		if _, isCommand := f.Tag.Lookup("cmd"); !isCommand {
			fields = append(fields, f)
		}
	}
	return reflect.New(reflect.StructOf(fields)).Interface()
}

// commandNames is a grammar without what the commands take.
func commandNames(t reflect.Type) reflect.Type {
	var fields []reflect.StructField
	for f := range t.Fields() {
		if _, isCommand := f.Tag.Lookup("cmd"); isCommand {
			f.Type = commandNames(f.Type)
			fields = append(fields, f)
		} else if t == reflect.TypeFor[cli]() {
			fields = append(fields, f)
		}
	}
	return reflect.StructOf(fields)
}

// commandField finds the field of a command by its name or an alias.
func commandField(t reflect.Type, word string) (reflect.StructField, bool) {
	for f := range t.Fields() {
		if _, isCommand := f.Tag.Lookup("cmd"); !isCommand || !f.IsExported() {
			continue
		}
		name := f.Tag.Get("name")
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		if name == word || slices.Contains(strings.FieldsFunc(f.Tag.Get("aliases"), func(r rune) bool { return r == ',' }), word) {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// settingVariables are the variables of the settings, by flag.
func settingVariables() map[string]string {
	p, err := kong.New(new(settings), kong.Exit(func(int) {}))
	if err != nil {
		panic(err) // the settings' tags are wrong: a bug
	}
	out := map[string]string{}
	for _, f := range p.Model.Flags {
		if len(f.Envs) > 0 {
			out[f.Name] = f.Envs[0]
		}
	}
	return out
}
