namespace AkkaSse.Storage.Tests.Support;

/// <summary>A data directory of a test, deleted with it.</summary>
public sealed class TestDirectory : IDisposable
{
    public TestDirectory()
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"akkasse-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>What a process that is killed now leaves: the bytes of the files that it writes.</summary>
    public Dictionary<string, byte[]> Snapshot() =>
        new[] { "log.db", "log.db-wal", "witness" }.Where(n => System.IO.File.Exists(File(n))).ToDictionary(n => n, n => Read(File(n)));

    /// <summary>Puts the bytes of a snapshot into the same files, after whoever had them has closed them.</summary>
    public void Restore(Dictionary<string, byte[]> files)
    {
        foreach (var name in new[] { "log.db", "log.db-wal", "log.db-shm", "witness" })
        {
            if (files.TryGetValue(name, out var bytes)) System.IO.File.WriteAllBytes(File(name), bytes);
            else System.IO.File.Delete(File(name));
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static byte[] Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
