# One instance of Lotline, as server, worker or both (LOTLINE_RUNS), on a PostgreSQL of your own (DATABASE_URL): docs/deployment.md.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY . .
# npm ci builds as well; then the packages again, only those that a server needs: without the embedded PostgreSQL, which are optional ones.
RUN npm ci --no-audit --no-fund
RUN npm ci --no-audit --no-fund --ignore-scripts --omit=dev --omit=optional --workspace=server --workspace=schema --workspace=client-sdk
RUN mkdir data

FROM node:22-bookworm-slim
ENV NODE_ENV=production PORT=4000 DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/schema/package.json ./schema/
COPY --from=build /app/schema/dist ./schema/dist
COPY --from=build /app/client-sdk/package.json ./client-sdk/
COPY --from=build /app/client-sdk/dist ./client-sdk/dist
COPY --from=build /app/server/package.json ./server/
COPY --from=build /app/server/bin ./server/bin
COPY --from=build /app/server/dist ./server/dist
COPY --from=build /app/samples ./samples
# Files on their way to a bucket, or those of documents where there is none; nothing else is written.
COPY --from=build --chown=65534:65534 /app/data /data
VOLUME /data
# nobody, by number, so that a cluster can see that it is not root.
USER 65534:65534
EXPOSE 4000
# Whether it lives, not whether it is ready: a server without its database need not be replaced.
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server/dist/main.js"]
