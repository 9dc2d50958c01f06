# One static binary in an image that holds nothing else but its licences. The directories below /volumes give
# the named volumes of compose.yaml their owner where the images that use them cannot.
FROM golang:1.26.8 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY pkg pkg
COPY docs/runbooks docs/runbooks
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/mealplanner ./cmd/mealplanner
RUN mkdir -p /out/volumes/secrets/app /out/volumes/secrets/owner /out/volumes/secrets/api /out/volumes/secrets/scheduler \
    /out/volumes/secrets/sandbox /out/volumes/secrets/postgres /out/volumes/secrets/grafana \
    /out/volumes/secrets/alertmanager /out/volumes/secrets/tandoor /out/volumes/jaeger /out/volumes/otel-collector

FROM scratch
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mealplanner" \
      org.opencontainers.image.description="Plans a week from your own recipes so that every day meets its macro targets" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/mealplanner /mealplanner
COPY LICENSE NOTICE cmd/mealplanner/notices/list.txt cmd/mealplanner/notices/texts.txt /licences/
COPY --from=build --chown=10001:10001 /out/volumes /volumes
USER 10001:10001
# Within the container's own network; who may reach it is decided where its ports are published.
ENV API_ADDR=:8080 SCHEDULER_ADDR=:8081
# For `docker run IMAGE serve`, where both roles are in one process; compose.yaml has a check for each service.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/mealplanner", "wait", "--timeout=4s", "http://127.0.0.1:8080/readyz"]
ENTRYPOINT ["/mealplanner"]
