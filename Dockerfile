# Built with the current packages (docs/adr/0002), restored in a layer of their own: it is rebuilt only when a project file changes.
FROM mcr.microsoft.com/dotnet/sdk:10.0-alpine AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt ./
COPY Notifier.Core/Notifier.Core.csproj Notifier.Core/
COPY Notifier.Api/Notifier.Api.csproj Notifier.Api/
RUN dotnet restore Notifier.Api -p:Packages=latest -p:PublishReadyToRun=true --use-current-runtime
COPY .editorconfig ./
COPY Notifier.Core/ Notifier.Core/
COPY Notifier.Api/ Notifier.Api/
RUN dotnet publish Notifier.Api --no-restore --configuration Release --output /app \
    --use-current-runtime --no-self-contained -p:Packages=latest -p:PublishReadyToRun=true \
 && mkdir /data

FROM mcr.microsoft.com/dotnet/aspnet:10.0-alpine
WORKDIR /app
COPY --from=build /app ./
# The embedded log, where there is no Redis. It is all that is written to: the root file system may be read-only.
COPY --from=build --chown=$APP_UID:$APP_UID /data /data
# The base image's own port would be overridden by the address, with a warning; diagnostics would want to write to /tmp.
ENV ASPNETCORE_URLS=http://*:3001 \
    ASPNETCORE_HTTP_PORTS= \
    DOTNET_EnableDiagnostics=0 \
    Log__Path=/data
EXPOSE 3001
USER $APP_UID
# Alpine's wget. PORT moves the service, and so its check.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD wget -q -O /dev/null "http://127.0.0.1:${PORT:-3001}/healthz" || exit 1
# No shell in between, so SIGTERM reaches the service; give it 20 s to let its streams go.
ENTRYPOINT ["dotnet", "Notifier.Api.dll"]
