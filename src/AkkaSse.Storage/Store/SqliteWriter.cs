using System.Text;

namespace AkkaSse.Storage.Store;

/// <summary>Writes commits. Used by one thread.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    internal SqliteWriter(SqliteDatabase database) => _database = database;

    internal void Commit(StoreBatch batch, long number)
    {
        Of("BEGIN IMMEDIATE").Execute();
        try
        {
            foreach (var change in batch.Changes) Apply(change, batch.DataOf(change));
            Of("UPDATE mark SET commits = ? WHERE id = 1").Bind(1, number).Execute();
            Of("COMMIT").Execute();
        }
        catch
        {
            Rollback();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Dispose();
    }

    private void Apply(in StoreBatch.Change c, ReadOnlySpan<byte> data)
    {
        switch (c.Kind)
        {
            case StoreBatch.ChangeKind.Append:
                var h = c.Header;
                Of("INSERT INTO run(log, first, last, at, expiry, bytes, total, sum, data) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")
                    .Bind(1, h.Log).Bind(2, h.First).Bind(3, h.Last).Bind(4, h.At).Bind(5, h.Expiry).Bind(6, h.Bytes).Bind(7, h.Total)
                    .Bind(8, Checksum.Of(h, data)).Bind(9, data).Execute();
                break;
            case StoreBatch.ChangeKind.PutLog:
                Of("INSERT INTO log(id, name, sum, meta) VALUES(?, ?, ?, ?) "
                        + "ON CONFLICT(id) DO UPDATE SET name = excluded.name, sum = excluded.sum, meta = excluded.meta")
                    .Bind(1, c.Log).Bind(2, c.Name!).Bind(3, new Checksum().Add(c.Log).Add(c.Name!).Add(data).Value)
                    .Bind(4, Encoding.UTF8.GetString(data)).Execute();
                break;
            case StoreBatch.ChangeKind.DeleteLog:
                Of("DELETE FROM log WHERE id = ?").Bind(1, c.Log).Execute();
                break;
            case StoreBatch.ChangeKind.Trim:
                Of("DELETE FROM run WHERE id IN (SELECT id FROM run WHERE log = ? AND first < ? ORDER BY first LIMIT ?)")
                    .Bind(1, c.Log).Bind(2, c.From).Bind(3, c.To).Execute();
                break;
            case StoreBatch.ChangeKind.Truncate:
                Of("DELETE FROM run WHERE log = ? AND first >= ?").Bind(1, c.Log).Bind(2, c.From).Execute();
                break;
            case StoreBatch.ChangeKind.PutId:
                Of("INSERT INTO pid(log, name, place) VALUES(?, ?, ?) ON CONFLICT(log, name) DO UPDATE SET place = excluded.place")
                    .Bind(1, c.Log).Bind(2, c.Name!).Bind(3, c.From).Execute();
                break;
            case StoreBatch.ChangeKind.DeleteId:
                Of("DELETE FROM pid WHERE log = ? AND name = ? AND place = ?").Bind(1, c.Log).Bind(2, c.Name!).Bind(3, c.From).Execute();
                break;
            case StoreBatch.ChangeKind.PutRecord:
                Of("INSERT INTO record(kind, key, until, sum, data) VALUES(?, ?, ?, ?, ?) ON CONFLICT(kind, key) "
                        + "DO UPDATE SET until = excluded.until, sum = excluded.sum, data = excluded.data")
                    .Bind(1, c.Log).Bind(2, c.Name!).Bind(3, c.From)
                    .Bind(4, new Checksum().Add(c.Log).Add(c.Name!).Add(c.From).Add(data).Value).Bind(5, data).Execute();
                break;
            case StoreBatch.ChangeKind.DeleteRecord:
                Of("DELETE FROM record WHERE kind = ? AND key = ?").Bind(1, c.Log).Bind(2, c.Name!).Execute();
                break;
            case StoreBatch.ChangeKind.DeleteRecordsUntil:
                Of("DELETE FROM record WHERE id IN (SELECT id FROM record WHERE until <= ? ORDER BY until LIMIT ?)")
                    .Bind(1, c.From).Bind(2, c.To).Execute();
                break;
            default:
                throw new InvalidOperationException($"There is no change {c.Kind}.");
        }
    }

    private void Rollback()
    {
        try
        {
            Of("ROLLBACK").Execute();
        }
        catch (StoreException)
        {
            // SQLite has rolled back by itself, as it does when the disk is full; what was thrown before is what counts.
        }
    }

    private SqliteStatement Of(string sql) =>
        _statements.TryGetValue(sql, out var known) ? known : _statements[sql] = _database.Prepare(sql);
}
