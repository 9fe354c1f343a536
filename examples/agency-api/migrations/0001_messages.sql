-- SPDX-FileCopyrightText: Terrace contributors
-- SPDX-License-Identifier: GPL-3.0-or-later

CREATE TABLE messages (
    id integer unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    text varchar(1000) NOT NULL,
    created_at timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
) DEFAULT CHARACTER SET utf8mb4
