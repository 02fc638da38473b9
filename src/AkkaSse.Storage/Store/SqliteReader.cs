using System.Text;

namespace AkkaSse.Storage.Store;

/// <summary>Reads what was committed, on a connection of its own. Used by one thread at a time.</summary>
internal sealed class SqliteReader : IDisposable
{
    private const string Columns = "log, first, last, at, expiry, bytes, total, sum";

    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _contains;
    private readonly SqliteStatement _headers;
    private readonly SqliteStatement _runs;
    private readonly SqliteStatement _newest;
    private readonly SqliteStatement _id;

    internal SqliteReader(string path)
    {
        _database = new SqliteDatabase(path, readOnly: true);
        _contains = _database.Prepare("SELECT first, last FROM run WHERE log = ? AND first <= ? ORDER BY first DESC LIMIT 1");
        _headers = _database.Prepare($"SELECT {Columns} FROM run WHERE log = ? AND first >= ? ORDER BY first LIMIT ?");
        _runs = _database.Prepare($"SELECT {Columns}, data FROM run WHERE log = ? AND first >= ? AND first <= ? ORDER BY first");
        _newest = _database.Prepare($"SELECT {Columns}, data FROM run WHERE log = ? ORDER BY first DESC");
        _id = _database.Prepare("SELECT place FROM pid WHERE log = ? AND name = ?");
    }

    internal List<StoredRun> Read(long log, long from, long to, int maxBytes)
    {
        var runs = new List<StoredRun>();
        var left = maxBytes;
        _runs.Bind(1, log).Bind(2, BeginOf(log, from)).Bind(3, to);
        try
        {
            while (left > 0 && _runs.Step())
            {
                var run = RunOf(_runs);
                runs.Add(run);
                left -= run.Data?.Length ?? 0;
            }
        }
        finally
        {
            _runs.Reset();
        }
        return runs;
    }

    internal List<RunHeader> Headers(long log, long from, int most)
    {
        var headers = new List<RunHeader>();
        _headers.Bind(1, log).Bind(2, BeginOf(log, from)).Bind(3, most);
        try
        {
            while (_headers.Step()) headers.Add(HeaderOf(_headers));
        }
        finally
        {
            _headers.Reset();
        }
        return headers;
    }

    internal long? FindId(long log, string id)
    {
        _id.Bind(1, log).Bind(2, id);
        try
        {
            return _id.Step() ? _id.Long(0) : null;
        }
        finally
        {
            _id.Reset();
        }
    }

    /// <summary>All logs, each with its oldest and its newest run.</summary>
    internal List<StoredLog> Logs(out int damaged)
    {
        damaged = 0;
        var logs = new List<StoredLog>();
        using var rows = _database.Prepare("SELECT id, name, sum, meta FROM log ORDER BY id");
        while (rows.Step())
        {
            var (log, name, meta) = (rows.Long(0), rows.Text(1), Encoding.UTF8.GetBytes(rows.Text(3)));
            if (new Checksum().Add(log).Add(name).Add(meta).Value == rows.Long(2)) logs.Add(WithRuns(new StoredLog(log, name, meta)));
            else damaged++;
        }
        return logs;
    }

    /// <summary>The greatest number that a log has or had, as far as something of it is left.</summary>
    internal long LastLog() =>
        Math.Max(_database.Number("SELECT max(id) FROM log") ?? 0, _database.Number("SELECT max(log) FROM run") ?? 0);

    internal List<StoredRecord> Records(out int damaged)
    {
        damaged = 0;
        var records = new List<StoredRecord>();
        using var rows = _database.Prepare("SELECT kind, key, until, sum, data FROM record ORDER BY id");
        while (rows.Step())
        {
            var record = new StoredRecord((RecordKind)rows.Long(0), rows.Text(1), rows.Long(2), rows.Blob(4).ToArray());
            var sum = new Checksum().Add((long)record.Kind).Add(record.Key).Add(record.Until).Add(record.Data).Value;
            if (sum == rows.Long(3)) records.Add(record);
            else damaged++;
        }
        return records;
    }

    public void Dispose()
    {
        _contains.Dispose();
        _headers.Dispose();
        _runs.Dispose();
        _newest.Dispose();
        _id.Dispose();
        _database.Dispose();
    }

    private StoredLog WithRuns(StoredLog log)
    {
        var oldest = Headers(log.Log, 0, 1);
        if (oldest.Count == 0) return log;
        var isDamaged = false;
        _newest.Bind(1, log.Log);
        try
        {
            // What cannot be proven at the end is passed over; as a rule that is nothing.
            while (_newest.Step())
            {
                var run = RunOf(_newest);
                if (run.Data is not null && run.Header.Log == log.Log)
                    return log with { Oldest = oldest[0], Newest = run.Header, IsTailDamaged = isDamaged };
                isDamaged = true;
            }
        }
        finally
        {
            _newest.Reset();
        }
        return log with { IsTailDamaged = isDamaged };
    }

    // Where the run begins that contains an offset.
    private long BeginOf(long log, long offset)
    {
        _contains.Bind(1, log).Bind(2, offset);
        try
        {
            return _contains.Step() && _contains.Long(1) >= offset ? _contains.Long(0) : offset;
        }
        finally
        {
            _contains.Reset();
        }
    }

    private static RunHeader HeaderOf(SqliteStatement row) =>
        new(row.Long(0), row.Long(1), row.Long(2), row.Long(3), row.Long(4), row.Long(5), row.Long(6));

    private static StoredRun RunOf(SqliteStatement row)
    {
        var header = HeaderOf(row);
        var data = row.Blob(8);
        return new StoredRun(header, Checksum.Of(header, data) == row.Long(7) ? data.ToArray() : null);
    }
}
