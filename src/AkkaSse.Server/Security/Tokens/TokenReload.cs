using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading.Channels;
using AkkaSse.Server.Configuration;

namespace AkkaSse.Server.Security.Tokens;

/// <summary>
/// Reads the tokens again, at the signal HUP and every <see cref="AuthSettings.ReloadInterval"/>. Where they have a fault those from before
/// go on. Not by watching files: a mounted secret is a link to a link, which is replaced as a whole.
/// </summary>
internal sealed partial class TokenReload(EffectiveSettings settings, TokenStore tokens, TimeProvider time, ILogger<TokenReload> logger)
    : BackgroundService
{
    private string? _told;
    private string _toldUnheeded = "";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Who asks while a reload is waited for means that one.
        var asked = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            // Otherwise the runtime ends the process.
            context.Cancel = true;
            asked.Writer.TryWrite(true);
        });
        var interval = settings.Auth.ReloadInterval > TimeSpan.Zero ? settings.Auth.ReloadInterval : Timeout.InfiniteTimeSpan;
        await using var timer = time.CreateTimer(_ => asked.Writer.TryWrite(true), null, interval, interval);
        try
        {
            await foreach (var _ in asked.Reader.ReadAllAsync(stoppingToken)) Reload();
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    internal void Reload()
    {
        var faults = new List<string>();
        TokenTable? table = null;
        var auth = new AuthSettings();
        try
        {
            var binder = new OptionsBinder(settings.Tree.Reload());
            binder.Bind(auth, AuthSettings.Section);
            faults.AddRange(binder.Faults);
            table = TokenTable.Create(auth, faults);
        }
        catch (ConfigurationFaultsException e)
        {
            faults.AddRange(e.Faults);
        }
        if (faults.Count > 0)
        {
            var text = string.Join(' ', faults);
            // Once, and not every ten seconds.
            if (text != _told) LogFaulty(logger, text);
            _told = text;
            return;
        }
        _told = null;
        TellUnheeded(auth);
        if (tokens.Replace(table!)) LogReloaded(logger, table!.Count);
    }

    private void TellUnheeded(AuthSettings auth)
    {
        var first = Unheeded(settings.Auth);
        var changed = string.Join(", ", Unheeded(auth).Where(pair => first[pair.Key] != pair.Value)
            .Select(static p => $"{AuthSettings.Section}:{p.Key}"));
        if (changed.Length > 0 && changed != _toldUnheeded) LogUnheeded(logger, changed);
        _toldUnheeded = changed;
    }

    // What is read at the start alone.
    private static Dictionary<string, string> Unheeded(AuthSettings auth) =>
        OptionsBinder.Settable(typeof(AuthSettings)).Where(static p => p.Name != nameof(AuthSettings.Tokens))
            .ToDictionary(static p => p.Name, p => JsonSerializer.Serialize(p.GetValue(auth)));

    [LoggerMessage(3122, LogLevel.Warning, "Changed in the configuration, and without effect until a restart: {Keys}")]
    private static partial void LogUnheeded(ILogger logger, string keys);

    [LoggerMessage(3120, LogLevel.Information, "The tokens were read again and have changed; {Count} are accepted now")]
    private static partial void LogReloaded(ILogger logger, int count);

    [LoggerMessage(3121, LogLevel.Error, "The tokens were read again and have faults; those from before go on: {Faults}")]
    private static partial void LogFaulty(ILogger logger, string faults);
}
