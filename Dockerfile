# One static binary in an image that holds nothing else. The directories below /volumes give
# the named volumes of compose.yaml their owner where the images that use them cannot.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY pkg pkg
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/mealplanner ./cmd/mealplanner
RUN mkdir -p /out/volumes/secrets/app /out/volumes/secrets/sandbox /out/volumes/secrets/postgres /out/volumes/secrets/grafana \
    /out/volumes/secrets/alertmanager /out/volumes/secrets/tandoor /out/volumes/jaeger /out/volumes/otel-collector

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/mealplanner /mealplanner
COPY --from=build --chown=10001:10001 /out/volumes /volumes
USER 10001:10001
ENTRYPOINT ["/mealplanner"]
