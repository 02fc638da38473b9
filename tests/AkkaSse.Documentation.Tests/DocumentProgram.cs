using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Documentation.Tests;

/// <summary>A program of the documents, compiled and started as a process of its own. Disposing ends it and deletes its assembly.</summary>
internal sealed class DocumentProgram : IAsyncDisposable
{
    private readonly ProgramProcess _process;
    private readonly string _assembly;

    private DocumentProgram(ProgramProcess process, string assembly, Uri? url)
    {
        _process = process;
        _assembly = assembly;
        Url = url;
    }

    /// <summary>Where it listens; null for a program that is no server.</summary>
    internal Uri? Url { get; }

    /// <summary>Everything that it has written so far.</summary>
    internal string Output => _process.Output;

    /// <summary>Starts a server on a free port of 127.0.0.1, and waits until it listens.</summary>
    internal static async Task<DocumentProgram> ListenAsync(string source)
    {
        var assembly = Compile(source);
        try
        {
            var (process, url) = await ProgramProcess.ListenAsync("exec", [.. Arguments(assembly), "--urls=http://127.0.0.1:0"]);
            return new DocumentProgram(process, assembly, url);
        }
        catch
        {
            File.Delete(assembly);
            throw;
        }
    }

    /// <summary>Starts a program and waits for nothing.</summary>
    internal static DocumentProgram Start(string source)
    {
        var assembly = Compile(source);
        return new DocumentProgram(ProgramProcess.Start("exec", Arguments(assembly), null), assembly, null);
    }

    /// <summary>Waits for the end of the program.</summary>
    internal Task<int> ExitAsync() => _process.ExitAsync();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        File.Delete(_assembly);
    }

    private static string Compile(string source)
    {
        var assembly = Path.Combine(AppContext.BaseDirectory, $"snippet{Guid.NewGuid():N}.dll");
        Compiler.Compile(source, assembly).ShouldBeEmpty();
        return assembly;
    }

    private static string[] Arguments(string assembly) =>
        ["--runtimeconfig", Beside("runtimeconfig"), "--depsfile", Beside("deps"), assembly];

    private static string Beside(string what) => Path.Combine(AppContext.BaseDirectory, $"AkkaSse.Documentation.Tests.{what}.json");
}
