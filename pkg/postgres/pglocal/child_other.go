//go:build !linux

package pglocal

import "syscall"

// childAttr keeps the terminal's Ctrl-C from the server, so that the program can stop
// it in order.
func childAttr(cred *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: cred, Setpgid: true}
}
