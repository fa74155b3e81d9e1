namespace OtelOrleans.Sql.Copy;

/// <summary>
/// Why a row does not hold exactly what was sent, so that its <c>lossless</c> column must hold the original. One row may have several reasons. What is done with the value in each
/// case is told in <c>proto/README.md</c>.
/// </summary>
[Flags]
public enum CopyLosses
{
    /// <summary>The row holds everything.</summary>
    None = 0,

    /// <summary>NUL in a string: Postgres has none.</summary>
    Nul = 1 << 0,

    /// <summary>Bytes in a string that are not UTF-8, lone surrogates among them.</summary>
    InvalidUtf8 = 1 << 1,

    /// <summary>NaN or an infinity in JSON.</summary>
    NotFinite = 1 << 2,

    /// <summary>Negative zero in JSON.</summary>
    NegativeZero = 1 << 3,

    /// <summary>Bytes in JSON, where nothing tells base64 from text.</summary>
    BytesValue = 1 << 4,

    /// <summary>Lists nested too deep.</summary>
    TooDeep = 1 << 5,

    /// <summary>A key that occurs again in one list of attributes: jsonb keeps the last.</summary>
    RepeatedKey = 1 << 6,

    /// <summary>A number beyond its column's type.</summary>
    OutOfRange = 1 << 7,

    /// <summary>A text longer than its column may be.</summary>
    TooLong = 1 << 8,

    /// <summary>A data point with values whose flags say that none was recorded.</summary>
    NotRecorded = 1 << 9,

    /// <summary>An id of nothing but zeros, stored as none.</summary>
    ZeroId = 1 << 10,

    /// <summary>More attributes than are stored.</summary>
    TooManyAttributes = 1 << 11,

    /// <summary>A string or bytes in JSON longer than what is stored.</summary>
    ValueTooLong = 1 << 12,

    /// <summary>More events, links, lists and maps than are stored.</summary>
    TooManyLists = 1 << 13,
}
