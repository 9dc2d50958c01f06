-- name: ListRecipes :many
select recipe_id, xmin::text as version, data from recipes
where connection_id = @connection_id and recipe_id = any(@ids::bigint[])
order by recipe_id;

-- name: ListRecipeVersions :many
select recipe_id, updated_at, form, xmin::text as version from recipes where connection_id = @connection_id order by recipe_id;

-- name: UpsertRecipe :batchexec
insert into recipes (connection_id, recipe_id, updated_at, fetched_at, data)
values (@connection_id, @recipe_id, @updated_at, @fetched_at, @data)
on conflict (connection_id, recipe_id) do update
set updated_at = excluded.updated_at, fetched_at = excluded.fetched_at, data = excluded.data;

-- name: DeleteRecipes :exec
delete from recipes where connection_id = @connection_id and recipe_id = any(@ids::bigint[]);

-- name: DeleteRecipeProblems :exec
delete from recipe_problems where connection_id = @connection_id and recipe_id = any(@ids::bigint[]);

-- name: UpsertRecipeProblem :batchexec
insert into recipe_problems (connection_id, recipe_id, name, field, problem)
values (@connection_id, @recipe_id, @name, @field, @problem)
on conflict (connection_id, recipe_id, field) do update
set name = excluded.name, problem = excluded.problem;

-- name: ListRecipeProblems :many
select recipe_id, name, field, problem from recipe_problems where connection_id = @connection_id order by recipe_id, field;

-- name: GetPicture :one
select source, small, large, fetched_at from recipe_pictures where connection_id = @connection_id and recipe_id = @recipe_id;

-- name: KeepPicture :exec
-- Nothing is kept of a recipe that is gone meanwhile.
insert into recipe_pictures (connection_id, recipe_id, source, small, large, fetched_at)
select r.connection_id, r.recipe_id, @source, @small, @large, @fetched_at from recipes r where r.connection_id = @connection_id and r.recipe_id = @recipe_id
on conflict (connection_id, recipe_id) do update
set source = excluded.source, small = excluded.small, large = excluded.large, fetched_at = excluded.fetched_at;
