package pglocal

import "syscall"

// childAttr keeps the terminal's Ctrl-C from the server, so that the program can stop
// it in order, and ends the server when this process dies.
func childAttr(cred *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: cred, Setpgid: true, Pdeathsig: syscall.SIGQUIT}
}
