# The image of svcdns. Its steps are the npm scripts that CI runs; nothing is installed from outside the lock file.
#   docker build -t svcdns .
#   docker run --rm -p 127.0.0.1:1053:1053/udp -p 127.0.0.1:1053:1053/tcp svcdns dev

FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY .ci/ .ci/
RUN node .ci/prepare.mjs
COPY tsconfig.json tsconfig.build.json ./
COPY src/ src/
RUN npm run --silent build
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:22-bookworm-slim
WORKDIR /app
# A container has a network of its own: what may reach these is what is published or shares the network.
# Zone files are looked for in /app/zones: mount them there.
ENV NODE_ENV=production \
    SVCDNS_LISTEN=0.0.0.0 \
    SVCDNS_HTTP=0.0.0.0:8053
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules/ node_modules/
COPY --from=build /app/dist/ dist/
# It writes no file and needs no privilege: 1053 is above 1023.
USER node
EXPOSE 1053/udp 1053/tcp 8053/tcp
# Any answer is health, SERVFAIL before etcd was read as well: a restart would not mend that. /readyz tells it apart.
HEALTHCHECK --interval=5s --timeout=5s --start-period=10s \
  CMD ["node", "dist/main.js", "query", "svc.local", "SOA", "--server", "127.0.0.1:1053", "--short"]
# No shell and no npm in between: SIGTERM reaches the server, and its exit code is that of the container.
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
