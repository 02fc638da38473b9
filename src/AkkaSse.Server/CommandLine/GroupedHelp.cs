using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace AkkaSse.Server.CommandLine;

/// <summary>Help of the server's own commands: grouped, with units and defaults. Other commands get the library's help.</summary>
internal sealed class GroupedHelp(HelpAction plain) : SynchronousCommandLineAction
{
    private const int Column = 36;

    // As it was called: akkasse where it is installed as a tool.
    private static readonly string s_program = Path.GetFileName(Environment.ProcessPath) switch
    {
        null or "" or "dotnet" or "dotnet.exe" => "AkkaSse.Server",
        var name => name.EndsWith(".exe", StringComparison.OrdinalIgnoreCase) ? name[..^4] : name,
    };

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var command = parseResult.CommandResult.Command;
        if (command is not RootCommand && command.Name is not ("serve" or "config")) return plain.Invoke(parseResult);
        Write(parseResult.InvocationConfiguration.Output, command);
        return 0;
    }

    private static void Write(TextWriter output, Command command)
    {
        output.WriteLine(command.Description);
        output.WriteLine();
        output.WriteLine("Usage:");
        if (command is RootCommand root)
        {
            output.WriteLine($"  {s_program} [serve] [options]");
            output.WriteLine($"  {s_program} COMMAND --help");
            output.WriteLine();
            output.WriteLine("Commands:");
            foreach (var sub in root.Subcommands)
                Row(output, sub.Name + string.Concat(sub.Arguments.Select(a => " " + (a.HelpName ?? a.Name).ToUpperInvariant())),
                    sub.Description ?? "");
        }
        else
        {
            output.WriteLine($"  {s_program} {command.Name} [options]");
        }
        foreach (var group in ServerOption.All.GroupBy(o => o.Group))
        {
            output.WriteLine();
            output.WriteLine($"{group.Key}:");
            foreach (var option in group)
                Row(output, option.Value is null ? option.Name : $"{option.Name} {option.Value}", option.Default is null
                    ? option.Text
                    : $"{option.Text} [{option.Default}]");
        }
        output.WriteLine();
        output.WriteLine("Times are written 500ms, 15s, 10m, 2h, 1d or as ISO 8601 (PT15S); bytes as 1048576 or 1MiB.");
        output.WriteLine("Every key can also stand in appsettings.json ({ \"Hub\": { \"Heartbeat\": \"5s\" } }) or in the environment");
        output.WriteLine("(AKKASSE_HUB__HEARTBEAT=5s); the command line wins, then the environment, then files. Tokens are configured in");
        output.WriteLine("section Auth. `config` prints what is in force and where each value comes from.");
        output.WriteLine("SIGTERM and Ctrl-C drain the readers and end; a second one ends at once.");
    }

    private static void Row(TextWriter output, string left, string right)
    {
        const int width = 120;
        var first = true;
        foreach (var line in Wrap(right, width - Column))
        {
            output.WriteLine((first ? $"  {left}".PadRight(Column - 1) + ' ' : new string(' ', Column)) + line);
            first = false;
        }
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        while (text.Length > width)
        {
            var at = text.LastIndexOf(' ', width);
            if (at <= 0) break;
            yield return text[..at];
            text = text[(at + 1)..];
        }
        yield return text;
    }
}
