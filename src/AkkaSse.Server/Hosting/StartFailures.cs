using System.Net;
using System.Net.Sockets;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Server.CommandLine;
using AkkaSse.Server.Configuration;
using AkkaSse.Storage;
using Microsoft.AspNetCore.Connections;

namespace AkkaSse.Server.Hosting;

/// <summary>Says in one sentence why the server could not start, and which key decides about it. A stack trace would hide both.</summary>
internal static class StartFailures
{
    /// <summary>Where <see cref="KeepEndpoint"/> keeps an address with an exception that does not name it.</summary>
    private const string EndpointKey = "akkasse.endpoint";

    /// <summary>Wraps what came out of the start.</summary>
    internal static StartFailedException Of(Exception e, EffectiveSettings settings) => new(Line(e switch
    {
        EngineStartException engine => $"{engine.Message} {Setting(KeyOf(engine.Option, settings))}",
        IOException { InnerException: AddressInUseException } => $"{e.Message.TrimEnd('.')} by another process. {Urls(settings)}",
        IOException when IsOfSocket(e) => $"{Words(e)}. {Urls(settings)}",
        SocketException socket => $"{socket.Data[EndpointKey] ?? "An address"} cannot be listened on: {socket.Message}. {Urls(settings)}",
        // Kestrel's words go on about certificates of developers.
        InvalidOperationException when e.Message.Contains("No server certificate was specified", StringComparison.Ordinal) =>
            $"No server certificate was specified for HTTPS on {Https(settings)}. {Setting(settings.Urls.All[0].Key)} "
            + "The certificate's keys are Kestrel:Certificates:Default:Path and :Password, or :KeyPath for PEM.",
        _ => $"The server could not start: {Words(e)}{(Words(e).EndsWith('.') ? "" : ".")}",
    }), e);

    /// <summary>Notes which address a fault of a socket is about: the system's message does not say it.</summary>
    internal static void KeepEndpoint(SocketException e, EndPoint endpoint) => e.Data[EndpointKey] = endpoint.ToString();

    // Where localhost means two addresses, both have their fault.
    private static bool IsOfSocket(Exception? e) =>
        e is SocketException
            || (e is AggregateException many ? many.InnerExceptions.Any(IsOfSocket) : e is not null && IsOfSocket(e.InnerException));

    private static string Https(EffectiveSettings settings) =>
        string.Join(", ", settings.Urls.All.Select(static u => u.Url).Where(
            static u => u.StartsWith("https:", StringComparison.OrdinalIgnoreCase)));

    private static string Urls(EffectiveSettings settings) =>
        "Listen on an address of this machine and a port that is free and allowed. "
        + Setting(settings.Urls.All.Count > 0 ? settings.Urls.All[0].Key : "urls");

    // An engine names an option of its own, or the one option of the hub on which nodes can collide.
    private static string KeyOf(string option, EffectiveSettings settings) =>
        option == nameof(StorageOptions.Directory) ? $"{ServerSettings.Section}:{nameof(ServerSettings.Data)}"
        : option == nameof(HubOptions.NodeName) || settings.EngineSection is not { } section
            ? $"{EffectiveSettings.HubSection}:{option}"
            : $"{section}:{option}";

    private static string Setting(string key)
    {
        var option = ServerOption.All.FirstOrDefault(o => o.Key == key || o.Key == key + "[]");
        return option is null ? $"The key is {key}." : $"The key is {key}, the switch {option.Name}.";
    }

    // What the innermost says is the cause; what stands around it says what was tried.
    private static string Words(Exception e)
    {
        var words = new List<string>();
        for (var at = e; at is not null; at = at is AggregateException { InnerExceptions: [var first, ..] } ? first : at.InnerException)
        {
            if (at is AggregateException) continue;
            var text = at.Message;
            if (at is ArgumentException { ParamName: { } name })
                text = text.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal);
            if (!words.Exists(w => w.Contains(text, StringComparison.Ordinal))) words.Add(text.TrimEnd('.'));
        }
        return string.Join(": ", words);
    }

    private static string Line(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
