package pglocal

// Dir is where the server's socket and files are.
func (s *Server) Dir() string { return s.dir }
