using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace AkkaSse.Server.Security.Jwt;

/// <summary>
/// Fetches the keys of an issuer and tells when they can no longer be had, and when they can again: the keys from before go on, and
/// without a line nobody would know that a new one is not taken. Thread-safe.
/// </summary>
/// <param name="inner">Reads them.</param>
/// <param name="section">The key of the issuer's settings.</param>
internal sealed partial class KeyFetches(IConfigurationRetriever<OpenIdConnectConfiguration> inner, string section)
    : IConfigurationRetriever<OpenIdConnectConfiguration>
{
    private int _isFailing;

    internal ILogger Logger { get; set; } = NullLogger.Instance;

    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(
        string address, IDocumentRetriever retriever, CancellationToken cancel)
    {
        try
        {
            var keys = await inner.GetConfigurationAsync(address, retriever, cancel);
            // An issuer may withdraw all its keys; that somebody has emptied the file is more likely.
            if (keys.SigningKeys.Count == 0) Failed(address, "it has no key for signatures, so that no token is accepted");
            else if (Interlocked.Exchange(ref _isFailing, 0) == 1) LogFetched(Logger, section, address);
            return keys;
        }
        catch (Exception e)
        {
            Failed(address, Words(e));
            throw;
        }
    }

    // Once, and not at each of the tries that strangers' tokens make.
    private void Failed(string address, string why)
    {
        if (Interlocked.Exchange(ref _isFailing, 1) == 0) LogFailed(Logger, section, address, why);
    }

    // What is around the cause says only that something could not be fetched, and names internals.
    private static string Words(Exception e)
    {
        var cause = e;
        while (cause.InnerException is { } inner) cause = inner;
        return string.Join(' ', cause.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    [LoggerMessage(3160, LogLevel.Warning,
        "The keys of the issuer of {Section} cannot be read from {Address} now; keys that are known from before go on: {Reason}")]
    private static partial void LogFailed(ILogger logger, string section, string address, string reason);

    [LoggerMessage(3161, LogLevel.Information, "The keys of the issuer of {Section} are read from {Address} again")]
    private static partial void LogFetched(ILogger logger, string section, string address);
}
