# The image is the published package: built, packed and unpacked over its locked dependencies, then run by an account without
# rights on a file system that may be read-only. A project (millrace.yaml, features/, jobs/) is mounted at /project.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY . .
# No scripts of packages run: the one that would fetch Node 24 is of no use here.
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
RUN node scripts/build.mjs && node scripts/release.ts
RUN mkdir app && cp package.json package-lock.json app/ && cd app && npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# Declarations, sources, source maps and manuals, a third of what is installed: Node reads none of them.
RUN find app/node_modules -type f '(' -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -name '*.md' ')' \
    ! -iname '*licen*' ! -iname '*notice*' -delete && find app/node_modules -type d -empty -delete
RUN rm app/package-lock.json && tar -xzf release/millrace-*.tgz -C app --strip-components=1 && cp release/millrace-*.cdx.json app/sbom.cdx.json

FROM node:24-bookworm-slim
ENV NODE_ENV=production
COPY --from=build /build/app /app
# Docker, Compose and Kubernetes give the folder of the project; without one, commands say that millrace.yaml is missing.
WORKDIR /project
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/app/bin/health.mjs", "http://127.0.0.1:8080/health/ready"]
# Node as process 1 gets SIGTERM itself, and Millrace then gives back what it holds.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--max-semi-space-size=16", "--heap-growing-percent=25", "/app/bin/millrace.mjs"]
CMD ["worker", "--health-port", "8080"]
