/** How a case is taken over: as it is, translated into this platform's ideas, not at all, or because Android lacks it. */
export type CaseTag = 'P' | 'A' | 'S' | 'gap'

/**
 * The cases of Android's account manager that this suite answers for, by where they come from: its compatibility tests,
 * its unit tests, Robolectric's tests of a fake, and gaps that none of them covers.
 *
 * A case is written `T<number>` at the beginning of a test's name, or stands in `not-applicable.ts` with the reason.
 */
export const CASES: Readonly<Record<string, Readonly<Partial<Record<CaseTag, readonly number[]>>>>> = {
  'CTS AccountManagerTest': {
    P: [
      4, 6, 9, 11, 12, 21, 22, 23, 24, 26, 27, 29, 30, 32, 33, 34, 35, 36, 39, 46, 47, 50, 51, 53, 57, 58, 59, 60, 77,
      84, 86, 87, 94, 100, 101, 102, 106,
    ],
    A: [
      2, 5, 8, 10, 14, 15, 16, 17, 18, 20, 28, 38, 40, 41, 42, 44, 45, 48, 52, 54, 56, 62, 63, 64, 65, 66, 68, 69, 70,
      71, 72, 74, 75, 76, 78, 80, 81, 82, 83, 88, 89, 90, 92, 93, 95, 96, 98, 99, 104,
    ],
    S: [3, 105],
  },
  'CTS AccountManagerUnaffiliatedAuthenticatorTests': {
    A: [107, 108, 110, 111, 112, 113, 114, 116, 117, 118, 119, 120, 122, 123, 124, 125, 126, 128, 129, 130, 131, 132],
  },
  'CTS siblings': {
    P: [137, 138, 140],
    A: [134, 135, 136, 141, 142, 143, 144, 146, 147],
    S: [139],
  },
  'AOSP AccountManagerServiceTest': {
    P: [
      148, 149, 150, 152, 156, 166, 168, 173, 178, 179, 185, 188, 189, 190, 192, 194, 195, 197, 201, 202, 206, 208, 209,
      212, 213, 216, 218, 226, 228, 232, 234, 238, 240, 244, 246, 251, 255, 257, 258, 260, 261, 262, 263, 264, 269, 270,
    ],
    A: [
      153, 154, 159, 161, 162, 164, 165, 170, 171, 172, 176, 180, 182, 183, 184, 198, 200, 203, 204, 210, 214, 215, 219,
      221, 224, 225, 230, 231, 236, 237, 242, 245, 248, 249, 250, 252, 256, 266, 267, 268, 272,
    ],
    S: [155, 158, 160, 167, 174, 177, 181, 186, 191, 196, 207, 217, 220, 222, 227, 233, 239, 243, 254],
  },
  'AOSP AccountsDbTest': {
    P: [274, 275, 276, 278, 282, 284, 286, 287, 290],
    A: [273, 279, 281, 285, 288, 292],
    S: [280, 291],
  },
  'Robolectric ShadowAccountManagerTest': {
    P: [
      294, 296, 297, 298, 299, 300, 302, 303, 304, 305, 306, 308, 309, 310, 314, 315, 316, 317, 318, 320, 321, 322, 323,
      324, 326, 329, 334, 335, 336, 338, 340, 341, 342, 345, 346, 347, 348, 352, 353, 354,
    ],
    A: [293, 311, 312, 327, 328, 330, 332, 333, 339, 344, 350, 351],
  },
  gaps: {
    gap: [
      356, 357, 358, 359, 360, 362, 363, 364, 365, 366, 368, 369, 370, 371, 372, 374, 375, 376, 377, 378, 380, 381, 382,
      383, 384, 386, 387, 388, 389, 390, 392, 393, 394, 395, 396, 398, 399, 400, 401, 402, 404, 405, 406, 407, 408, 410,
      411, 412, 413, 414, 416, 417, 418, 419, 420, 422, 423, 424, 425, 426, 428, 429, 430,
    ],
  },
}

/** Where Android's source and tests disagree, or where its answer is one not to copy: `docs/decisions/0011` decides. */
export const DISAGREEMENTS: readonly number[] = [12, 38, 42, 48, 266, 267, 270, 298, 309, 345]
