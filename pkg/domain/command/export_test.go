package command

// Clean is what the parser sees of a text.
var Clean = clean
