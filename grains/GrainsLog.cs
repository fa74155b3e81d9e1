using Microsoft.Extensions.Logging;

namespace OtelOrleans.Grains;

/// <summary>What the grains log. Event ids 3000–3999.</summary>
internal static partial class GrainsLog
{
    [LoggerMessage(3001, LogLevel.Warning, "Session of {Topic}/{Partition} broken, replaying from offset {ResumePoint}: {Reason}")]
    public static partial void SessionBroken(ILogger log, string topic, int partition, long resumePoint, string reason);

    [LoggerMessage(3002, LogLevel.Debug, "Ignored a late or repeated delivery of {Topic}/{Partition}, session {Session}, chunk {Sequence}")]
    public static partial void StaleDelivery(ILogger log, string topic, int partition, long session, long sequence);

    [LoggerMessage(3003, LogLevel.Error, "Decoding {Topic}/{Partition} failed after offset {ResumePoint}; the partition is replayed from there")]
    public static partial void DecodingFailed(ILogger log, Exception exception, string topic, int partition, long resumePoint);

    [LoggerMessage(3011, LogLevel.Warning, "Flush of {Service} was fenced: somebody else has written its ledger. Buffer of {Rows} rows forgotten, senders replay")]
    public static partial void Fenced(ILogger log, string service, long rows);

    [LoggerMessage(3012, LogLevel.Warning, "Connection lost during the commit of {Service}: outcome unknown. Buffer of {Rows} rows forgotten, the ledger decides, senders replay")]
    public static partial void CommitUnknown(ILogger log, string service, long rows);

    [LoggerMessage(3013, LogLevel.Warning, "Flush of {Service} failed, {Rows} rows kept, trying again: {Reason}")]
    public static partial void FlushFailed(ILogger log, string service, long rows, string reason);

    [LoggerMessage(3014, LogLevel.Error, "Flush of {Service} cannot succeed as it is, {Rows} rows kept, trying again: {Reason}")]
    public static partial void FlushRefused(ILogger log, string service, long rows, string reason);

    [LoggerMessage(3017, LogLevel.Error, "Flush of {Service} broke off. Buffer of {Rows} rows forgotten, senders replay")]
    public static partial void FlushBroken(ILogger log, Exception exception, string service, long rows);

    [LoggerMessage(3016, LogLevel.Warning, "Postgres refuses a row of {Service}; it is a dead letter now: {Reason}")]
    public static partial void RowRefused(ILogger log, string service, string reason);

    [LoggerMessage(3015, LogLevel.Warning, "Flush of {Service} recovered after {Failures} failures")]
    public static partial void FlushRecovered(ILogger log, string service, int failures);
}
