-- +goose Up
-- Pictures of recipes in the sizes that pages show; empty where the library's could not be read.
create table recipe_pictures (
    connection_id text not null,
    recipe_id bigint not null,
    source text not null, -- its path in the library
    small bytea not null default '',
    large bytea not null default '',
    fetched_at timestamptz not null,
    primary key (connection_id, recipe_id),
    foreign key (connection_id, recipe_id) references recipes (connection_id, recipe_id) on delete cascade
);

-- +goose Down
drop table recipe_pictures;
