using System.CommandLine;
using System.CommandLine.Parsing;

namespace AkkaSse.Server.CommandLine;

/// <summary>What the commands that call a running server share: where it is and who calls.</summary>
internal sealed class RemoteOptions
{
    private const string TokenVariable = "AKKASSE_TOKEN";

    internal Argument<Uri> Url { get; } = new("url")
    {
        HelpName = "url",
        Description = "Where the server is, like http://localhost:8080",
        CustomParser = static result => ParseUrl(result)!,
    };

    internal Option<string> Token { get; } = new("--token")
    {
        HelpName = "token",
        Description = $"Bearer token. Default: the variable {TokenVariable}, which other users of this machine cannot see.",
    };

    /// <summary>Reads the url of a server; the scheme may be left out.</summary>
    internal static Uri? ParseUrl(ArgumentResult result)
    {
        if (result.Tokens.Count == 0) return null;
        var text = result.Tokens[0].Value;
        if (Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var url)
            && url.Scheme is "http" or "https")
            return url;
        result.AddError($"'{text}' is not a url; one like http://localhost:8080 is needed.");
        return null;
    }

    internal void AddTo(Command command)
    {
        command.Arguments.Add(Url);
        command.Options.Add(Token);
    }

    internal string? TokenOf(ParseResult parse) =>
        parse.GetValue(Token) ?? Environment.GetEnvironmentVariable(TokenVariable) switch { "" => null, var token => token };

    /// <summary>A whole number in a range, with a message that says the range.</summary>
    internal static Option<int> Number(string name, int fallback, int low, int high, string description)
    {
        var option = new Option<int>(name)
        {
            HelpName = "n",
            Description = $"{description} ({low} to {high})",
            DefaultValueFactory = _ => fallback,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && (value < low || value > high))
                result.AddError($"{name} is {value}; {low} to {high} are allowed.");
        });
        return option;
    }

    /// <summary>A duration as the server writes it.</summary>
    internal static Option<TimeSpan> Duration(string name, TimeSpan fallback, string description) => new(name)
    {
        HelpName = "time",
        Description = description,
        DefaultValueFactory = _ => fallback,
        CustomParser = result =>
        {
            if (Hub.Durations.TryParse(result.Tokens[0].Value, out var value) && value > TimeSpan.Zero) return value;
            result.AddError($"{name} is '{result.Tokens[0].Value}'; {Hub.Durations.Allowed} is allowed.");
            return default;
        },
    };
}
