# The program beside the programs of PostgreSQL that `backup` and `restore` call.
ARG PROGRAM=mealplanner
FROM ${PROGRAM} AS program
FROM postgres:17.10
COPY --from=program /mealplanner /usr/local/bin/mealplanner
ENTRYPOINT ["mealplanner"]
