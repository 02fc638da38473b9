namespace AkkaSse.LoadRig.Load;

/// <summary>What is measured.</summary>
internal enum RigMode
{
    /// <summary>All readers read one stream.</summary>
    FanOut,

    /// <summary>The readers are spread over many streams.</summary>
    Streams,

    /// <summary>Each event goes to one client by its id, chosen at random.</summary>
    Targeted,

    /// <summary>Publishing alone, without readers.</summary>
    Ingest,

    /// <summary>Connections that get nothing: what they cost.</summary>
    Idle,

    /// <summary>All readers connect at once.</summary>
    Storm,

    /// <summary>All readers are cut, miss events, and come back at once with their positions.</summary>
    Resume,

    /// <summary>Some readers stop reading: what the others feel, and what the stalled ones are told.</summary>
    Slow,
}
