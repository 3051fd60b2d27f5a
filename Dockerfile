# The image contains the published package and its locked dependencies. It runs as an unprivileged user, also on a read-only
# file system. Mount a project (millrace.yaml, features/, jobs/) at /project.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY . .
# Install scripts are not needed: the image already has Node 24.
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
# `millrace --version` names it: --build-arg MILLRACE_COMMIT=$(git rev-parse --short HEAD)
ARG MILLRACE_COMMIT=
RUN node scripts/build.mjs && node scripts/release.ts
RUN mkdir app && cp package.json package-lock.json app/ && cd app && npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# Remove declarations, sources, source maps and manuals, a third of what is installed: Node reads none of them.
RUN find app/node_modules -type f '(' -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -name '*.md' ')' \
    ! -iname '*licen*' ! -iname '*notice*' -delete && find app/node_modules -type d -empty -delete
RUN rm app/package-lock.json && tar -xzf release/millrace-*.tgz -C app --strip-components=1 && cp release/millrace-*.cdx.json app/sbom.cdx.json

FROM node:24-bookworm-slim
ENV NODE_ENV=production
COPY --from=build /build/app /app
# Mount the project here. Without it, commands report that millrace.yaml is missing.
WORKDIR /project
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/app/bin/health.mjs", "http://127.0.0.1:8080/health/ready"]
# Node is process 1 and receives SIGTERM itself, so Millrace can give back its runs.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--max-semi-space-size=16", "--heap-growing-percent=25", "/app/bin/millrace.mjs"]
CMD ["worker", "--health-port", "8080"]
