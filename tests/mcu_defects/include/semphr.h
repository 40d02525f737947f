/* Semaphores of FreeRTOS: declarations only, written for these tests. */
#ifndef INC_SEMPHR_H
#define INC_SEMPHR_H

#include "queue.h"

BaseType_t xQueueGiveFromISR(QueueHandle_t queue, BaseType_t *woken);
BaseType_t xQueueSemaphoreTake(QueueHandle_t queue, TickType_t wait);
SemaphoreHandle_t xQueueCreateBinary(void);
#define xSemaphoreCreateBinary() xQueueCreateBinary()
#define xSemaphoreTake(semaphore, wait) xQueueSemaphoreTake((semaphore), (wait))
#define xSemaphoreGive(semaphore) xQueueGenericSend((semaphore), NULL, 0, 0)
#define xSemaphoreGiveFromISR(semaphore, woken) xQueueGiveFromISR((semaphore), (woken))

#endif
