using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Hosting;

namespace AkkaSse.Server.CommandLine;

/// <summary>The command line as a whole.</summary>
internal static class ServerCommand
{
    internal static int Run(string[] args)
    {
        var root = new RootCommand("AkkaSse: an event hub for Server-Sent Events.");
        // The built-in version option would say the same as the command, and --version is what people try.
        var serve = new Command("serve", "Run the hub (also without a command)");
        var config = new Command("config", "Print the configuration that serve would run with, and where each value comes from");
        var version = new Command("version", "Print the version");
        var options = Options();
        foreach (var command in (Command[])[root, serve, config])
        {
            foreach (var option in options.Values) command.Options.Add(option);
        }
        root.SetAction((parse, cancellation) => Guard(() => ServerHost.RunAsync(Read(parse, options))));
        serve.SetAction((parse, cancellation) => Guard(() => ServerHost.RunAsync(Read(parse, options))));
        config.SetAction((parse, cancellation) => Guard(() => Task.FromResult(ConfigCommand.Run(Read(parse, options), Console.Out))));
        version.SetAction(_ =>
        {
            Console.WriteLine(ServerVersion.Text);
            return ExitCodes.Ok;
        });
        foreach (var command in (Command[])[serve, config, SubscribeCommand.Create(), PublishCommand.Create(), BenchCommand.Create(),
            StorageCommand.Create(), HealthCheckCommand.Create(), version])
            root.Subcommands.Add(command);
        foreach (var option in root.Options)
        {
            if (option is HelpOption help) help.Action = new GroupedHelp((HelpAction)help.Action!);
        }

        var result = root.Parse(args);
        if (result.Action is ParseErrorAction || (result.Errors.Count > 0 && result.Action is not GroupedHelp))
        {
            foreach (var error in result.Errors) Console.Error.WriteLine($"akkasse: {error.Message}");
            Console.Error.WriteLine("akkasse: --help lists what is allowed.");
            return ExitCodes.Usage;
        }
        // The host has its own handling of signals, which drains; the default would cut it short after 2 s.
        return result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false })
            .GetAwaiter().GetResult();
    }

    /// <summary>
    /// Faults of the configuration are told one by one, and why a start failed in one sentence, without a stack trace: nothing in the
    /// program is wrong.
    /// </summary>
    internal static async Task<int> Guard(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (ConfigurationFaultsException e)
        {
            foreach (var fault in e.Faults) await Console.Error.WriteLineAsync($"akkasse: {fault}");
            return ExitCodes.Configuration;
        }
        catch (StartFailedException e)
        {
            await Console.Error.WriteLineAsync($"akkasse: {e.Message}");
            return ExitCodes.Failed;
        }
    }

    private static Dictionary<ServerOption, Option> Options()
    {
        var options = new Dictionary<ServerOption, Option>();
        foreach (var option in ServerOption.All)
        {
            options[option] = option switch
            {
                { IsSwitch: true } => new Option<bool>(option.Name) { Description = option.Text },
                { IsList: true } or { Name: "--set" } => new Option<string[]>(option.Name)
                {
                    Description = option.Text,
                    HelpName = option.Value,
                    Arity = ArgumentArity.OneOrMore,
                    AllowMultipleArgumentsPerToken = false,
                },
                _ => new Option<string>(option.Name) { Description = option.Text, HelpName = option.Value },
            };
        }
        return options;
    }

    private static EffectiveSettings Read(ParseResult parse, Dictionary<ServerOption, Option> options)
    {
        var keys = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var switches = new List<ServerOption>();
        string? file = null;
        foreach (var (option, symbol) in options)
        {
            if (parse.GetResult(symbol) is not { Implicit: false } given) continue;
            switches.Add(option);
            switch (option)
            {
                case { Name: "--config" }:
                    file = given.GetValue((Option<string>)symbol);
                    break;
                case { Name: "--set" }:
                    foreach (var pair in given.GetValue((Option<string[]>)symbol) ?? []) Set(keys, pair);
                    break;
                case { IsSwitch: true }:
                    var unset = option.SwitchValue == "true" ? "false" : "true";
                    keys[option.Key!] = given.GetValue((Option<bool>)symbol) ? option.SwitchValue : unset;
                    break;
                case { IsList: true }:
                    var items = given.GetValue((Option<string[]>)symbol) ?? [];
                    if (items.Any(string.IsNullOrWhiteSpace))
                        throw new ConfigurationFaultsException([$"{option.Name} is empty; {option.Value} is allowed, or none."]);
                    keys[option.Key![..^2]] = string.Join(';', items);
                    break;
                default:
                    keys[option.Key!] = given.GetValue((Option<string>)symbol);
                    break;
            }
        }
        return EffectiveSettings.Read(ConfigurationTree.Load(file, keys), switches);
    }

    private static void Set(Dictionary<string, string?> keys, string pair)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1) throw new ConfigurationFaultsException([$"--set is '{pair}'; KEY=VALUE is allowed, like Hub:MaxStreams=1000."]);
        keys[pair[..equals].Replace("__", ":")] = pair[(equals + 1)..];
    }
}
