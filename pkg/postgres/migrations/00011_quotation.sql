-- +goose Up
-- What is kept of a mail's words, to know them again in a reply: hashes of four words in a
-- row, none of them with a digit. Mails of before have none.
alter table outbox add column fingerprint bytea;
-- Of what the writer of a mail without commands wrote: programs repeat themselves.
alter table steerings add column said text not null default '';

-- +goose Down
alter table steerings drop column said;
alter table outbox drop column fingerprint;
