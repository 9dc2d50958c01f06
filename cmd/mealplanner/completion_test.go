package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// completed asks a real bash what it would complete the words to.
func completed(t *testing.T, words ...string) []string {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	script := filepath.Join(t.TempDir(), "completion")
	out, err := exec.CommandContext(t.Context(), "mealplanner", "completion", "bash").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(script, out, 0o600); err != nil {
		t.Fatal(err)
	}
	const ask = `source "$1"; shift
complete -p mealplanner | grep -q -- '-F _mealplanner' || exit 1
COMP_CWORD=$1; shift; COMP_WORDS=("$@"); _mealplanner
printf '%s\n' "${COMPREPLY[@]}"`
	args := append([]string{"--norc", "--noprofile", "-c", ask, "bash", script, strconv.Itoa(len(words)), "mealplanner"}, words...)
	out, err = exec.CommandContext(t.Context(), bash, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

func TestCompletionInBash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words    []string
		want, no []string
	}{
		{[]string{"jo"}, []string{"job"}, []string{"user"}},
		{[]string{""}, []string{"doctor", "completion", "key"}, []string{"complete"}},
		{[]string{"job", "h"}, []string{"history"}, []string{"list"}},
		{[]string{"alert", "acks", "--co"}, []string{"--comment"}, nil},
		{[]string{"user", "list", "-o", ""}, []string{"table", "json"}, nil},
		{[]string{"user", "list", "--output", "=", "j"}, []string{"json"}, []string{"table"}},
		{[]string{"user", "list", "--output=j"}, []string{"--output=json"}, nil},
		{[]string{"user", "set", "user_ana", "--"}, []string{"--allergens", "--no-enabled"}, []string{"--smtp-host"}},
		{[]string{"user", "set", "user_ana", "--smtp-h"}, []string{"--smtp-host"}, nil},
		{[]string{"mail", "preview", "--user", "mail", "--type", "weekly_t"}, []string{"weekly_trends"}, nil},
		{[]string{"job", "list", "--type", "Au"}, []string{"AutoSync"}, nil},
		{[]string{"drill", "api-d"}, []string{"api-down"}, nil},
		{[]string{"mitigate", "pause"}, []string{"pause-jobs"}, nil},
		{[]string{"diagnose", "api-e"}, []string{"api-errors"}, []string{"README"}},
		{[]string{"completion", ""}, []string{"bash", "zsh", "fish"}, nil},
		{[]string{"user", "show", "us"}, nil, []string{"user"}},
		{[]string{"nonsense", "x"}, nil, nil},
	} {
		got := completed(t, c.words...)
		for _, w := range c.want {
			if !slices.Contains(got, w) {
				t.Errorf("%q gives %q, without %s", c.words, got, w)
			}
		}
		for _, w := range c.no {
			if slices.Contains(got, w) {
				t.Errorf("%q gives %s", c.words, w)
			}
		}
	}
}

// TestCompletionInFish asks a real fish, where there is one.
func TestCompletionInFish(t *testing.T) {
	t.Parallel()
	fish, err := exec.LookPath("fish")
	if err != nil {
		without(t, "fish")
	}
	for line, want := range map[string]string{
		"mealplanner job h": "history\tList attempts, newest first.", "mealplanner user list -o js": "json", "mealplanner drill api-d": "api-down",
		"mealplanner user set user_ana --no-en": "--no-enabled",
	} {
		out, err := exec.CommandContext(t.Context(), fish, "--no-config", "-c", "source completion/fish; complete -C $argv[1]", line).Output()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%q gives %q, %v; want %q", line, out, err, want)
		}
	}
}

// TestCompletionInZsh types into a real zsh, where there is one.
func TestCompletionInZsh(t *testing.T) {
	t.Parallel()
	zsh, err := exec.LookPath("zsh")
	if err != nil {
		without(t, "zsh")
	}
	const session = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; unset zle_bracketed_paste; autoload -U compinit; compinit -u -d "$TMPDIR/dump"; source completion/zsh; echo READY'
zpty -r shell out '*READY*READY*'
zpty -w -n shell $'mealplanner mail que\t'
zpty -r shell out '*mail queue*' && print -r -- completed
zpty -d shell`
	cmd := exec.CommandContext(t.Context(), zsh, "-f", "-c", session)
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), "TERM=dumb")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "completed") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestCompletionScriptsParse in the shells that are installed.
func TestCompletionScriptsParse(t *testing.T) {
	t.Parallel()
	for shell, check := range map[string]string{"bash": "-n", "zsh": "-n", "fish": "--no-execute"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		if out, err := exec.CommandContext(t.Context(), path, check, filepath.Join("completion", shell)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, out)
		}
	}
}

// without skips a test that needs a shell, or fails where the environment says CI=true.
func without(t *testing.T, shell string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("there is no %s: apt-get install %s", shell, shell)
	}
	t.Skipf("there is no %s", shell)
}
